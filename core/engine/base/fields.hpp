// The fields of a plain struct, listed once. Whatever must know all of them walks the list: sums over ranks,
// digests, columns of a trace, JSON, archives. A struct lists its fields beside its members:
//
//   struct Load {
//     std::uint64_t bytes = 0;
//     std::uint64_t busy_ps = 0;
//     static constexpr auto fields() {
//       return FieldList(field<&Load::bytes>("bytes", "B", "Bytes sent", Combine::sum),
//                        field<&Load::busy_ps>("busy_ps", "ps", "Time at work", Combine::maximum));
//     }
//   };
//   static_assert(lists_every_member<Load>);
//
// Invariants: the list is a compile-time constant, so walking it costs no more than naming every member. With
// the static_assert a member without a field, or a field listed twice, does not compile.
// Members may be numbers, enums, strings, containers and structs; not C arrays, nor std::variant or std::any.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hecaton {

// What becomes of a field when the rows of several dies or ranks are combined into one.
enum class Combine : std::uint8_t {
  none,  // it has no meaning for several rows: a number of a die, a label, a ratio
  sum,
  maximum
};

// What becomes of a field in the digest of its row (field_digest.hpp).
enum class Digested : std::uint8_t {
  word,    // it begins a 64-bit word
  joined,  // it shares the word of the field before it, in the bits below
  no
};

// What a list says of a field besides its member.
struct FieldLabels {
  const char* name;
  const char* units;  // "1": a plain count, number or label
  const char* long_name;
  Combine combine;
  Digested digested;
};

template <auto Member>
struct Field;
template <class FieldRow, class FieldValue, FieldValue FieldRow::*Member>
struct Field<Member> : FieldLabels {
  using Row = FieldRow;
  using Value = FieldValue;
  static constexpr Value Row::*member = Member;
};

template <auto Member>
constexpr Field<Member> field(const char* name, const char* units = "1", const char* long_name = "",
                              Combine combine = Combine::none, Digested digested = Digested::word) {
  return {{name, units, long_name, combine, digested}};
}

namespace field_detail {

// Tells the fields of a struct from each other: what the member is called. No address of something of its own: with
// sanitizers GCC compares none in constants.
template <class Each>
constexpr auto mark_of() {
  const std::string_view text = __PRETTY_FUNCTION__;  // ends in Row::member>]
  return text.substr(text.rfind(':'));
}

}  // namespace field_detail

// Fields in an order. No std::tuple: one of thirty fields takes compilers long, in every source that includes it.
template <class... Each>
struct FieldList {
  static constexpr std::size_t size = sizeof...(Each);
  static constexpr std::array<std::string_view, size> marks{field_detail::mark_of<Each>()...};
  std::array<FieldLabels, size> labels;

  constexpr explicit FieldList(const Each&... each) : labels{each...} {}

  // Calls f(field) for each, in their order.
  template <class F>
  constexpr void walk(F& f) const {
    std::size_t index = 0;
    (f(Each{labels[index++]}), ...);
  }
};

template <class Row>
concept HasFields = requires {
  Row::fields();
};

template <HasFields Row>
inline constexpr auto fields_of = Row::fields();

template <HasFields Row>
inline constexpr std::size_t field_count = fields_of<Row>.size;

// Calls f(field) for each field, in the order of the list.
template <HasFields Row, class F>
constexpr void for_each_field(F&& f) {
  fields_of<Row>.walk(f);
}

// Calls f(name, value) for each field of a row, which may be constant.
template <class Row, class F>
constexpr void visit_fields(Row& row, F&& f) {
  for_each_field<std::remove_const_t<Row>>([&](const auto& each) { f(each.name, row.*each.member); });
}

// Adds `times` times `other` to `row`, field by field. A maximum is not multiplied.
template <HasFields Row>
constexpr void combine_fields(Row& row, const Row& other, std::uint64_t times = 1) {
  for_each_field<Row>([&](const auto& each) {
    using Value = typename std::decay_t<decltype(each)>::Value;
    if constexpr (std::is_arithmetic_v<Value>) {
      Value& mine = row.*each.member;
      const Value& added = other.*each.member;
      if (each.combine == Combine::sum) mine = static_cast<Value>(mine + static_cast<Value>(times) * added);
      if (each.combine == Combine::maximum) mine = std::max(mine, added);
    }
  });
}

namespace field_detail {

// Stands for a value of any type where a member is initialised; never evaluated.
struct Anything {
  template <class Value>
  constexpr operator Value() const;
};

template <class Row, std::size_t... Each>
constexpr bool takes_values(std::index_sequence<Each...>) {
  return requires {
    Row{(static_cast<void>(Each), Anything{})...};
  };
}

// Members of an aggregate: the most values that its braces take. Two lengths are tried and no more, because
// each costs the compiler a look at every constructor of every member.
template <class Row, std::size_t Count>
constexpr bool has_members() {
  return takes_values<Row>(std::make_index_sequence<Count>()) &&
         !takes_values<Row>(std::make_index_sequence<Count + 1>());
}

// Members and names are compared in loops, not by a function for each pair of them.
template <class Row>
constexpr bool members_differ() {
  constexpr auto& marks = fields_of<Row>.marks;
  for (std::size_t left = 0; left < marks.size(); ++left)
    for (std::size_t right = 0; right < left; ++right)
      if (marks[left] == marks[right]) return false;
  return true;
}

template <class Row>
constexpr bool names_differ() {
  constexpr auto& labels = fields_of<Row>.labels;
  for (std::size_t left = 0; left < labels.size(); ++left)
    for (std::size_t right = 0; right < left; ++right)
      if (std::string_view(labels[left].name) == labels[right].name) return false;
  return true;
}

}  // namespace field_detail

// Whether the list of a struct names each member once, each by a name of its own.
template <HasFields Row>
inline constexpr bool lists_every_member =
    std::is_aggregate_v<Row>&& field_detail::has_members<Row, field_count<Row>>() &&
    field_detail::members_differ<Row>() && field_detail::names_differ<Row>();

// The place of a member in the list.
template <auto Member>
inline constexpr std::size_t field_index = [] {
  constexpr auto& marks = fields_of<typename Field<Member>::Row>.marks;
  std::size_t index = 0;
  while (marks[index] != field_detail::mark_of<Field<Member>>()) ++index;
  return index;
}();

// The field of a member: its name, unit and so on.
template <auto Member>
constexpr Field<Member> field_of() {
  return {fields_of<typename Field<Member>::Row>.labels[field_index<Member>]};
}

}  // namespace hecaton
