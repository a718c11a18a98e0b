// The fingerprint of a struct that lists its fields (fields.hpp). A field is a word of the digest, or shares
// one with the fields before it, as its list says; so a new field is in the digest unless its line denies it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

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

// Whether the word of a field is complete with it: no field behind it joins.
template <HasFields Row>
constexpr bool completes_word(std::size_t index) {
  std::size_t place = 0;
  bool complete = true, decided = false;
  for_each_field<Row>([&](const auto& field) {
    if (place++ <= index || decided || field.digested == Digested::no) return;
    complete = field.digested == Digested::word;
    decided = true;
  });
  return complete;
}

template <class Each, std::size_t Index>
constexpr void add_field(Digest& digest, const typename Each::Row& row, std::uint64_t& word) {
  using Row = typename Each::Row;
  constexpr Digested digested = fields_of<Row>.labels[Index].digested;
  if constexpr (digested != Digested::no) {
    const std::uint64_t bits = bits_of(row.*Each::member);
    if constexpr (digested == Digested::word)
      word = bits;
    else
      word = word << (8 * sizeof(row.*Each::member)) | bits;
    if constexpr (completes_word<Row>(Index)) digest.add(word);
  }
}

template <class Row, class... Each, std::size_t... Index>
constexpr void add_fields(Digest& digest, const Row& row, const FieldList<Each...>&,
                          std::index_sequence<Index...>) {
  std::uint64_t word = 0;
  (add_field<Each, Index>(digest, row, word), ...);
}

}  // namespace field_detail

template <HasFields Row>
constexpr void add_fields(Digest& digest, const Row& row) {
  static_assert(field_detail::words_hold_fields<Row>());
  field_detail::add_fields(digest, row, fields_of<Row>, std::make_index_sequence<field_count<Row>>());
}

}  // namespace hecaton
