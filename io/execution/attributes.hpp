// The attributes of a node of a trace that mean something here, found by name and read when they are asked for: what a
// node's kind does not use may say anything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::execution {
class Attribute;
class Node;
}  // namespace hecaton::execution

namespace hecaton::io::execution {

// By the names that traces use.
enum class Key : std::uint8_t {
  num_ops,
  tensor_size,
  comm_type,
  comm_size,
  comm_src,
  comm_dst,
  comm_tag,
  comm_root,
  root,
  pg_name,
  comm_group,
  is_cpu_op,
  duration_ps  // ours: of a node whose duration is known to the picosecond
};
constexpr auto enum_names(std::type_identity<Key>) {
  using enum Key;
  return named<Key>({{num_ops, "num_ops"},
                     {tensor_size, "tensor_size"},
                     {comm_type, "comm_type"},
                     {comm_size, "comm_size"},
                     {comm_src, "comm_src"},
                     {comm_dst, "comm_dst"},
                     {comm_tag, "comm_tag"},
                     {comm_root, "comm_root"},
                     {root, "root"},
                     {pg_name, "pg_name"},
                     {comm_group, "comm_group"},
                     {is_cpu_op, "is_cpu_op"},
                     {duration_ps, "duration_ps"}});
}
inline constexpr std::size_t key_count = names_of<Key>().size();

// A node of a file, for what is wrong with it.
struct PlaceOfNode {
  const std::string& file;
  std::uint64_t id;
  std::string_view name;

  [[noreturn]] void refuse(std::string_view problem, std::string_view why, std::string_view help) const;
};

class Attributes {
 public:
  // Message and place outlive it. Throws InputError for an attribute that is there twice.
  Attributes(const hecaton::execution::Node& message, const PlaceOfNode& place);

  bool has(Key key) const { return found_[static_cast<std::size_t>(key)] != nullptr; }
  // A whole number up to `most`, of whatever kind it is written in. Throws InputError for anything else.
  std::optional<std::uint64_t> number(Key key, std::uint64_t most) const;
  // The same where the node makes no sense without it.
  std::uint64_t needed(Key key, std::uint64_t most) const;
  // A text, or a number as one.
  std::optional<std::string> text(Key key) const;
  bool is_set(Key key) const;

 private:
  [[noreturn]] void refuse(Key key, std::string_view problem, std::string_view why) const;

  PlaceOfNode place_;
  std::array<const hecaton::execution::Attribute*, key_count> found_{};
};

}  // namespace hecaton::io::execution
