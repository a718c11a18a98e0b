// The texts that a trace holds: its resolved deck. Its summary is read by read_summary() (io/result/summary.hpp).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "io/files/hdf5_file.hpp"

namespace hecaton::io {

inline constexpr std::size_t most_deck_bytes = 1U << 20U;

// Throws hdf5::Error; to be called in a process of its own, since the file may be anything.
std::string deck_text_of(const hdf5::Handle& file);

// The same in such a process: throws InputError for all that is no readable trace.
std::string deck_text_of(const std::filesystem::path& trace);

}  // namespace hecaton::io
