// The fingerprint of a struct that lists its fields (fields.hpp). A field is a word of the digest, or shares
// one with the fields before it, as its list says; so a new field is in the digest unless its line denies it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/engine/base/digest.hpp"
#include "core/engine/base/fields.hpp"

namespace hecaton {

namespace field_detail {

template <class Value>
constexpr std::uint64_t bits_of(Value value) {
  if constexpr (std::is_enum_v<Value>) {
    return bits_of(static_cast<std::underlying_type_t<Value>>(value));
  } else {
    static_assert(std::is_integral_v<Value>, "only integers and enums have the same digest on any machine");
    return static_cast<std::make_unsigned_t<Value>>(value);
  }
}

// Whether fields that share a word have room in it.
template <HasFields Row>
constexpr bool words_hold_fields() {
  std::size_t bytes = sizeof(std::uint64_t) + 1;  // nothing to be joined yet
  bool hold = true;
  for_each_field<Row>([&](const auto& field) {
    using Value = typename std::decay_t<decltype(field)>::Value;
    if (field.digested == Digested::no) return;
    bytes = field.digested == Digested::word ? sizeof(Value) : bytes + sizeof(Value);
    hold = hold && bytes <= sizeof(std::uint64_t);
  });
  return hold;
}

}  // namespace field_detail

template <HasFields Row>
constexpr void add_fields(Digest& digest, const Row& row) {
  static_assert(field_detail::words_hold_fields<Row>());
  std::uint64_t word = 0;
  bool begun = false;
  for_each_field<Row>([&](const auto& field) {
    using Value = typename std::decay_t<decltype(field)>::Value;
    if (field.digested == Digested::no) return;
    const std::uint64_t bits = field_detail::bits_of(row.*field.member);
    if (field.digested == Digested::word) {
      if (begun) digest.add(word);
      word = bits;
      begun = true;
    } else if constexpr (sizeof(Value) < sizeof(std::uint64_t)) {
      word = word << (8 * sizeof(Value)) | bits;
    }
  });
  if (begun) digest.add(word);
}

}  // namespace hecaton
