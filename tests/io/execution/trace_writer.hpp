// Writes execution traces byte by byte, with nothing of the code that reads them: a small encoder of the wire format of
// protocol buffers (varints, fields, lengths).
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hecaton::test {

inline std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7U) bytes += static_cast<char>((value & 0x7fU) | 0x80U);
  return bytes + static_cast<char>(value);
}
inline std::string tag(std::uint32_t field, std::uint32_t kind) {
  return varint(std::uint64_t{field} << 3U | kind);
}
inline std::string number_field(std::uint32_t field, std::uint64_t value) {
  return tag(field, 0) + varint(value);
}
inline std::string text_field(std::uint32_t field, std::string_view text) {
  return tag(field, 2) + varint(text.size()) + std::string(text);
}
inline std::string fixed(std::uint64_t value, std::size_t bytes) {
  std::string all;
  for (std::size_t i = 0; i < bytes; ++i) all += static_cast<char>(value >> (8U * i) & 0xffU);
  return all;
}
inline std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63U);
}

// An attribute whose value is already encoded.
inline std::string attribute(std::string_view name, const std::string& value) {
  return text_field(10, text_field(1, name) + value);
}
inline std::string integer(std::string_view name, std::int64_t value) {
  return attribute(name, number_field(9, static_cast<std::uint64_t>(value)));
}
inline std::string text(std::string_view name, std::string_view value) {
  return attribute(name, text_field(29, value));
}

enum class Type : std::uint8_t {
  invalid,
  metadata,
  load,
  store,
  compute,
  send,
  receive,
  collective,
  storage
};
enum class Collective : std::uint8_t {
  all_reduce,
  reduce,
  all_gather,
  gather,
  scatter,
  broadcast,
  all_to_all,
  reduce_scatter,
  reduce_scatter_block,
  barrier
};

struct WrittenNode {
  std::uint64_t id = 0;
  Type type = Type::compute;
  std::initializer_list<std::uint64_t> after{};
  std::string more{};  // fields, encoded
  std::string name = "n";
};
inline std::string node(const WrittenNode& node) {
  std::string bytes = number_field(1, node.id) + text_field(2, node.name) +
                      number_field(3, static_cast<std::uint64_t>(node.type));
  for (const std::uint64_t id : node.after) bytes += number_field(5, id);
  return bytes + node.more;
}
inline std::string send(std::uint64_t id, std::int64_t to, std::int64_t bytes, std::int64_t with_tag = 0,
                        std::initializer_list<std::uint64_t> after = {}) {
  return node({id, Type::send, after,
               integer("comm_dst", to) + integer("comm_size", bytes) + integer("comm_tag", with_tag), "s"});
}
inline std::string receive(std::uint64_t id, std::int64_t from, std::int64_t bytes, std::int64_t with_tag = 0,
                           std::initializer_list<std::uint64_t> after = {}) {
  return node({id, Type::receive, after,
               integer("comm_src", from) + integer("comm_size", bytes) + integer("comm_tag", with_tag), "r"});
}
inline std::string collective(std::uint64_t id, Collective kind, std::int64_t bytes,
                              const std::string& more = {}, std::initializer_list<std::uint64_t> after = {}) {
  return node({id, Type::collective, after,
               integer("comm_type", static_cast<std::int64_t>(kind)) + integer("comm_size", bytes) + more,
               "c"});
}

inline std::string framed(std::string_view message) {
  return varint(message.size()) + std::string(message);
}
inline std::string metadata(std::string_view version = "0.0.4") {
  return framed(text_field(1, version));
}
// A whole trace.
inline std::string trace(std::initializer_list<std::string> nodes) {
  std::string bytes = metadata();
  for (const std::string& node : nodes) bytes += framed(node);
  return bytes;
}

inline std::filesystem::path write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
  return path;
}
inline std::filesystem::path write_packed(const std::filesystem::path& path, std::string_view bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  const int wanted = static_cast<int>(bytes.size());
  const bool written =
      file != nullptr && gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == wanted;
  if (gzclose(file) != Z_OK || !written) throw std::runtime_error("cannot write " + path.string());
  return path;
}

}  // namespace hecaton::test
