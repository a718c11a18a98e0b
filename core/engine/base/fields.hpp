// The fields of a plain struct, listed once. Whatever must know all of them walks the list: sums over ranks,
// digests, columns of a trace, JSON, archives. A struct lists its fields beside its members:
//
//   struct Load {
//     std::uint64_t bytes = 0;
//     std::uint64_t busy_ps = 0;
//     static constexpr auto fields() {
//       return std::tuple(field<&Load::bytes>("bytes", "B", "Bytes sent", Combine::sum),
//                         field<&Load::busy_ps>("busy_ps", "ps", "Time at work", Combine::maximum));
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
#include <tuple>
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

template <auto Member>
struct Field;
template <class FieldRow, class FieldValue, FieldValue FieldRow::*Member>
struct Field<Member> {
  using Row = FieldRow;
  using Value = FieldValue;
  static constexpr Value Row::*member = Member;

  const char* name;
  const char* units;  // "1": a plain count, number or label
  const char* long_name;
  Combine combine;
  Digested digested;
};

template <auto Member>
constexpr Field<Member> field(const char* name, const char* units = "1", const char* long_name = "",
                              Combine combine = Combine::none, Digested digested = Digested::word) {
  return {name, units, long_name, combine, digested};
}

template <class Row>
concept HasFields = requires {
  Row::fields();
};

template <HasFields Row>
inline constexpr auto fields_of = Row::fields();

template <HasFields Row>
inline constexpr std::size_t field_count = std::tuple_size_v<std::decay_t<decltype(fields_of<Row>)>>;

// Calls f(field) for each field, in the order of the list.
template <HasFields Row, class F>
constexpr void for_each_field(F&& f) {
  std::apply([&f](const auto&... each) { (f(each), ...); }, fields_of<Row>);
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

template <class Each, class... All>
inline constexpr int occurrences = (int{std::is_same_v<Each, All>} + ...);

template <class... Each>
constexpr bool members_differ(const std::tuple<Each...>&) {
  return ((occurrences<Each, Each...> == 1) && ...);
}

// Names are compared in a loop, not by a function for each pair of them.
template <class Row>
constexpr bool names_differ() {
  std::array<std::string_view, field_count<Row>> names;
  std::size_t count = 0;
  for_each_field<Row>([&](const auto& each) { names[count++] = each.name; });
  for (std::size_t left = 0; left < count; ++left)
    for (std::size_t right = 0; right < left; ++right)
      if (names[left] == names[right]) return false;
  return true;
}

}  // namespace field_detail

// Whether the list of a struct names each member once, each by a name of its own.
template <HasFields Row>
inline constexpr bool lists_every_member =
    std::is_aggregate_v<Row>&& field_detail::has_members<Row, field_count<Row>>() &&
    field_detail::members_differ(fields_of<Row>) && field_detail::names_differ<Row>();

// The place of a member in the list.
template <auto Member>
inline constexpr std::size_t field_index = [] {
  std::size_t index = 0, found = 0;
  for_each_field<typename Field<Member>::Row>([&](const auto& each) {
    if (std::is_same_v<std::decay_t<decltype(each)>, Field<Member>>) found = index;
    ++index;
  });
  return found;
}();

// The field of a member: its name, unit and so on.
template <auto Member>
constexpr Field<Member> field_of() {
  return std::get<Field<Member>>(fields_of<typename Field<Member>::Row>);
}

}  // namespace hecaton
