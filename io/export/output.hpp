// A file that is written from start to end through a buffer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "io/files/descriptor.hpp"

namespace hecaton::io {

// Every function throws std::system_error if the file cannot be written.
class Output {
 public:
  explicit Output(const std::filesystem::path& path);  // an existing file
  void add(std::string_view text);
  // Without it the last bytes may be missing.
  void finish();

 private:
  void write_out();

  std::string name_;
  Descriptor file_;
  std::string buffer_;
};

}  // namespace hecaton::io
