// Messages of Protocol Buffers as bytes: the three kinds of fields that are needed here. The format is public and so small
// that a generated class for each message, and a library and a compiler to build them, would be more to look after.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hecaton::io {

// Fields stand in the order in which they are added.
class WireMessage {
 public:
  WireMessage& number(std::uint32_t field, std::uint64_t value) {
    varint(std::uint64_t{field} << 3U | wire_varint);
    varint(value);
    return *this;
  }
  // fixed64 of the language: eight bytes, lowest first.
  WireMessage& fixed(std::uint32_t field, std::uint64_t value) {
    varint(std::uint64_t{field} << 3U | wire_fixed);
    for (std::uint32_t byte = 0; byte < 8; ++byte) bytes_ += static_cast<char>(value >> (8 * byte) & 0xffU);
    return *this;
  }
  // int64 of the language: a negative one is the unsigned of the same bits.
  WireMessage& integer(std::uint32_t field, std::int64_t value) {
    return number(field, static_cast<std::uint64_t>(value));
  }
  WireMessage& text(std::uint32_t field, std::string_view bytes) {
    varint(std::uint64_t{field} << 3U | wire_bytes);
    varint(bytes.size());
    bytes_ += bytes;
    return *this;
  }
  WireMessage& message(std::uint32_t field, const WireMessage& content) {
    return text(field, content.bytes_);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  static constexpr std::uint64_t wire_varint = 0;
  static constexpr std::uint64_t wire_fixed = 1;
  static constexpr std::uint64_t wire_bytes = 2;

  // Seven bits a byte, lowest first; all bytes but the last have the eighth bit.
  void varint(std::uint64_t value) {
    constexpr std::uint64_t more = 0x80;
    for (; value >= more; value >>= 7U) bytes_ += static_cast<char>((value & (more - 1)) | more);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace hecaton::io
