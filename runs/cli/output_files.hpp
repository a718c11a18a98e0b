// The files that a command writes, looked at before it begins.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace hecaton::runs {

// A file that a command reads or writes, and what the user calls it: "DECK", "--summary".
struct NamedFile {
  std::string role;
  std::filesystem::path path;
};

// Throws InputError if a file that is written is also read, or written as another one, or would be the folder of
// another one. Links are followed.
void expect_distinct(std::span<const NamedFile> read, std::span<const NamedFile> written);

// Makes the folders of files and tries that files can be written there, before anything is simulated. Throws
// InputError, and then leaves nothing behind. Warns where the file system does not sync folders.
void prepare_outputs(const std::vector<std::filesystem::path>& files);

// As far as that can be said without writing anything: throws InputError for what cannot be written.
void look_at_outputs(const std::vector<std::filesystem::path>& files);

}  // namespace hecaton::runs
