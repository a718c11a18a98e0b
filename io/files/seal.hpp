// A checksum of a whole file, behind it: one changed byte, and the file is refused when it is read.
//
// The seal is the last line of the file, where HDF5 takes no notice of it. A file without one (a trace that h5repack
// has made) is believed.
#pragma once

#include <filesystem>

namespace hecaton::io {

// Appends the seal. Throws std::system_error.
void seal(const std::filesystem::path& path);

// Throws std::runtime_error if the file has a seal and is not what was sealed; std::system_error if it cannot be read.
void expect_unchanged(const std::filesystem::path& path);

}  // namespace hecaton::io
