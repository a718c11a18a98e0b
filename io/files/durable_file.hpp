// What a file needs of the disk: room for its bytes, and a name that survives a crash of the host.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace hecaton::io {

// Makes sure that the first `bytes` of an existing file have room on disk. A full disk, a quota or a limit shows
// here, with the system's own reason, and not in the midst of a library that cannot recover from it. File
// systems that cannot reserve room are believed. Throws std::system_error.
void reserve_room(const std::filesystem::path& path, std::uint64_t bytes);

// Syncs the name of a file or folder, that is, the folder it is in. File systems that do not sync folders are
// believed (see why_unsynced). Throws std::system_error if the disk fails.
void sync_name(const std::filesystem::path& path);

// Why names in this folder cannot be synced; empty if they can. What is written there is complete nevertheless,
// but a crash of the host soon afterwards may take its name away.
std::string why_unsynced(const std::filesystem::path& folder);

}  // namespace hecaton::io
