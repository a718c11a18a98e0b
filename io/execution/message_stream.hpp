// Reads the messages of a file, each behind its length as a varint, from a file that may be anything: plain or packed by
// gzip (RFC 1952), of any length.
//
// Invariants: no message is larger than largest_message_bytes; memory does not grow with the file, and is 256 KiB unless
// a message needs more. Whatever is wrong is an InputError that names the file and the byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/input_error.hpp"

struct gzFile_s;  // of zlib

namespace hecaton::io::execution {

inline constexpr std::size_t largest_message_bytes = std::size_t{16} << 20U;

class MessageStream {
 public:
  // Throws InputError for what is no regular, readable file.
  explicit MessageStream(const std::filesystem::path& file);

  // The next message, until the next call; nothing at the end of the file.
  std::optional<std::string_view> next();

  // Names the place of the message that next() gave last, or of where it failed: the byte at which its length begins.
  std::string place() const;
  Location where() const { return {file_}; }
  const std::string& file() const { return file_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };

  [[noreturn]] void refuse(std::string_view problem, std::string_view why, std::string_view help) const;
  bool fill(std::size_t bytes);
  std::optional<std::size_t> length();

  std::string file_;
  std::unique_ptr<gzFile_s, Close> in_;
  bool packed_ = false;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what of the buffer has been read from the file and not been given out
  std::uint64_t at_ = 0;             // the byte at begin_
  std::uint64_t message_at_ = 0;
};

}  // namespace hecaton::io::execution
