// The names of an enum's values, kept beside the enum. Whatever prints, parses or stores an enum takes them
// from there:
//
//   enum class Shape : std::uint8_t { flat, round };
//   constexpr auto enum_names(std::type_identity<Shape>) {
//     using enum Shape;
//     return named<Shape>({{flat, "flat"}, {round, "round"}});
//   }
//
// Invariants, checked by the compiler: each value has one name, in the order of the values, which are 0, 1, 2
// and so on; names differ. An enumerator without a name does not compile.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

namespace hecaton {

template <class Enum>
struct NamedValue {
  Enum value;
  std::string_view name;
};

template <class Enum, std::size_t Count>
struct EnumNames {
  std::array<Enum, Count> values{};
  std::array<std::string_view, Count> names{};
};

namespace enum_detail {

// GCC and Clang write an enumerator by its name in the signature of a function, and any other value as a
// number behind a cast: "Value = Shape::round", "Value = (Shape)2".
template <auto Value>
consteval bool is_enumerator() {
  constexpr std::string_view before = "Value = ";
  const std::string_view signature = __PRETTY_FUNCTION__;
  const std::size_t at = signature.find(before);
  if (at == std::string_view::npos) throw "the compiler does not name enumerators as GCC and Clang do";
  return signature[at + before.size()] != '(';
}

}  // namespace enum_detail

// Does not compile unless the list is complete.
template <class Enum, std::size_t Count>
consteval EnumNames<Enum, Count> named(const NamedValue<Enum> (&list)[Count]) {
  static_assert(std::is_enum_v<Enum>);
  static_assert(!enum_detail::is_enumerator<static_cast<Enum>(Count)>(), "an enumerator has no name");
  EnumNames<Enum, Count> all;
  for (std::size_t i = 0; i < Count; ++i) {
    if (static_cast<std::size_t>(list[i].value) != i) throw "the names are not in the order of the values";
    if (list[i].name.empty()) throw "a value has no name";
    for (std::size_t other = 0; other < i; ++other)
      if (list[other].name == list[i].name) throw "two values have the same name";
    all.values[i] = list[i].value;
    all.names[i] = list[i].name;
  }
  return all;
}

// Whether an enum has its names beside it.
template <class Enum>
concept HasNames = std::is_enum_v<Enum> && requires {
  enum_names(std::type_identity<Enum>());
};

namespace enum_detail {

template <HasNames Enum>
inline constexpr auto all = enum_names(std::type_identity<Enum>());

}  // namespace enum_detail

// All values and all names, in order.
template <HasNames Enum>
constexpr const auto& values_of() {
  return enum_detail::all<Enum>.values;
}
template <HasNames Enum>
constexpr const auto& names_of() {
  return enum_detail::all<Enum>.names;
}

// Throws std::out_of_range for a number that is no value of the enum.
template <HasNames Enum>
constexpr std::string_view name_of(Enum value) {
  return names_of<Enum>().at(static_cast<std::size_t>(value));
}

template <HasNames Enum>
constexpr std::optional<Enum> value_named(std::string_view name) {
  for (const Enum value : values_of<Enum>())
    if (name_of(value) == name) return value;
  return std::nullopt;
}

}  // namespace hecaton
