// The file of a trace as the operating system sees it: its room on disk, and its becoming visible whole.
#pragma once

#include <cstdint>
#include <filesystem>

namespace hecaton::io {

// Makes sure that the first `bytes` of a file have room on disk, creating it if need be. A full disk, a quota
// or a limit shows here, with the system's own reason, and not in the midst of a library that cannot recover
// from it. File systems that cannot reserve room are believed. Throws std::system_error.
void reserve_room(const std::filesystem::path& path, std::uint64_t bytes);

// Syncs a finished file, gives it its name, and syncs the name. Throws std::system_error.
void publish(const std::filesystem::path& temporary, const std::filesystem::path& path);
// Syncs the name alone, of a file or folder.
void sync_name(const std::filesystem::path& path);

}  // namespace hecaton::io
