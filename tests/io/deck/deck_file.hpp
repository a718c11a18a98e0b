// A deck file in a folder of its own, removed with it.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "io/deck/reader.hpp"

namespace hecaton::test {

class DeckFile {
 public:
  explicit DeckFile(std::string_view text) {
    static int count = 0;
    folder_ = std::filesystem::temp_directory_path() /
              ("hecaton-deck-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(folder_);
    std::ofstream(path(), std::ios::binary) << text;
  }
  DeckFile(const DeckFile&) = delete;
  DeckFile& operator=(const DeckFile&) = delete;
  ~DeckFile() { std::filesystem::remove_all(folder_); }

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path path() const { return folder_ / "deck.toml"; }

 private:
  std::filesystem::path folder_;
};

inline io::LoadedDeck load(std::string_view text, const std::vector<std::string>& overrides = {}) {
  const DeckFile file(text);
  return io::load_deck(file.path(), overrides);
}

// The message of the error that loading ends with, without the folder; empty where there is none.
inline std::string error_of_path(const std::filesystem::path& path, const std::filesystem::path& folder,
                                 const std::vector<std::string>& overrides = {}) {
  try {
    io::load_deck(path, overrides);
  } catch (const io::InputError& error) {
    std::string message = error.what();
    const std::string prefix = folder.string() + "/";
    return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
  }
  return {};
}

inline std::string error_of(std::string_view text, const std::vector<std::string>& overrides = {}) {
  const DeckFile file(text);
  return error_of_path(file.path(), file.folder(), overrides);
}

}  // namespace hecaton::test
