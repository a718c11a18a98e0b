// Checksums of what is read back: one changed byte, and it is refused.
//
// The seal is that of a whole file: its last line, where HDF5 takes no notice of it. A file without one (a trace that h5repack
// has made) is believed, but for its columns and texts: each has a checksum of its cells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace hecaton::io {

// Appends the seal. Throws std::system_error.
void seal(const std::filesystem::path& path);

// Throws std::runtime_error if the file has a seal and is not what was sealed; std::system_error if it cannot be read.
void expect_unchanged(const std::filesystem::path& path);

// Of cells of so many bytes each, at most 8, little-endian, the first of which is in row `first_row`. A sum over rows modulo
// 2^64: ranks add theirs up, and readers read any blocks. A single cell that differs always makes another sum.
std::uint64_t checksum_of_cells(std::span<const std::byte> cells, std::size_t cell_bytes,
                                std::uint64_t first_row);

}  // namespace hecaton::io
