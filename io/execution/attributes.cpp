#include "io/execution/attributes.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "io/execution/conversion.hpp"
#include "io/execution/execution_trace.pb.h"
#include "io/files/input_error.hpp"

namespace hecaton::io::execution {
namespace {

using hecaton::execution::Attribute;

// What an attribute says, if that is a number.
struct WrittenNumber {
  enum class Kind : std::uint8_t { none, fraction, negative, whole } kind = Kind::none;
  std::uint64_t value = 0;  // if whole
  std::string shown;        // if not
};

WrittenNumber of_signed(std::int64_t value) {
  if (value < 0) return {WrittenNumber::Kind::negative, 0, std::to_string(value)};
  return {WrittenNumber::Kind::whole, static_cast<std::uint64_t>(value), {}};
}

WrittenNumber of_unsigned(std::uint64_t value) {
  return {WrittenNumber::Kind::whole, value, {}};
}

WrittenNumber of_floating(double value) {
  if (value < 0) return {WrittenNumber::Kind::negative, 0, fmt::format("{}", value)};
  constexpr double beyond = 18446744073709551616.0;  // 2^64
  if (!(value < beyond) || std::floor(value) != value)
    return {WrittenNumber::Kind::fraction, 0, fmt::format("{}", value)};
  return of_unsigned(static_cast<std::uint64_t>(value));
}

WrittenNumber number_of(const Attribute& attribute) {
  switch (attribute.value_case()) {
    case Attribute::kOfDouble:
      return of_floating(attribute.of_double());
    case Attribute::kOfFloat:
      return of_floating(attribute.of_float());
    case Attribute::kOfInt32:
      return of_signed(attribute.of_int32());
    case Attribute::kOfInt64:
      return of_signed(attribute.of_int64());
    case Attribute::kOfUint32:
      return of_unsigned(attribute.of_uint32());
    case Attribute::kOfUint64:
      return of_unsigned(attribute.of_uint64());
    case Attribute::kOfSint32:
      return of_signed(attribute.of_sint32());
    case Attribute::kOfSint64:
      return of_signed(attribute.of_sint64());
    case Attribute::kOfFixed32:
      return of_unsigned(attribute.of_fixed32());
    case Attribute::kOfFixed64:
      return of_unsigned(attribute.of_fixed64());
    case Attribute::kOfSfixed32:
      return of_signed(attribute.of_sfixed32());
    case Attribute::kOfSfixed64:
      return of_signed(attribute.of_sfixed64());
    default:
      return {};
  }
}

std::string_view kind_of_value(const Attribute& attribute) {
  switch (attribute.value_case()) {
    case Attribute::VALUE_NOT_SET:
      return "it has no value";
    case Attribute::kOfBool:
      return "it is true or false";
    case Attribute::kOfText:
      return "it is a text";
    case Attribute::kOfBytes:
      return "it is bytes";
    default:
      return "it is a list";
  }
}

std::optional<Key> key_named(std::string_view name) {
  constexpr auto& names = names_of<Key>();
  for (std::size_t key = 0; key < key_count; ++key)
    if (names[key] == name) return static_cast<Key>(key);
  return std::nullopt;
}

}  // namespace

void PlaceOfNode::refuse(std::string_view problem, std::string_view why, std::string_view help) const {
  throw InputError({file}, key_of_node(id, name), problem, why, help);
}

Attributes::Attributes(const hecaton::execution::Node& message, const PlaceOfNode& place) : place_(place) {
  for (const Attribute& attribute : message.attributes()) {
    const std::optional<Key> key = key_named(attribute.name());
    if (!key) continue;
    const Attribute*& found = found_[static_cast<std::size_t>(*key)];
    if (found != nullptr) refuse(*key, "is given twice", "one of the two would not be read");
    found = &attribute;
  }
}

void Attributes::refuse(Key key, std::string_view problem, std::string_view why) const {
  place_.refuse(fmt::format("attribute {} {}", name_of(key), problem), why, "correct the trace");
}

std::optional<std::uint64_t> Attributes::number(Key key, std::uint64_t most) const {
  if (!has(key)) return std::nullopt;
  const Attribute& attribute = *found_[static_cast<std::size_t>(key)];
  const WrittenNumber number = number_of(attribute);
  switch (number.kind) {
    case WrittenNumber::Kind::none:
      refuse(key, "is no number", kind_of_value(attribute));
    case WrittenNumber::Kind::fraction:
      refuse(key, "is no whole number", fmt::format("it is {}", number.shown));
    case WrittenNumber::Kind::negative:
      refuse(key, "is negative", fmt::format("it is {}", number.shown));
    case WrittenNumber::Kind::whole:
      break;
  }
  if (number.value > most)
    refuse(key, "is too large", fmt::format("it is {}, at most {} can be", number.value, most));
  return number.value;
}

std::uint64_t Attributes::needed(Key key, std::uint64_t most) const {
  const auto found = number(key, most);
  if (!found) refuse(key, "is missing", "without it the node cannot be run");
  return *found;
}

std::optional<std::string> Attributes::text(Key key) const {
  if (!has(key)) return std::nullopt;
  const Attribute& attribute = *found_[static_cast<std::size_t>(key)];
  if (attribute.value_case() == Attribute::kOfText) return attribute.of_text();
  if (attribute.value_case() == Attribute::kOfBytes) return attribute.of_bytes();
  if (number_of(attribute).kind == WrittenNumber::Kind::none)
    refuse(key, "is neither a text nor a number", kind_of_value(attribute));
  return std::to_string(*number(key, std::numeric_limits<std::uint64_t>::max()));
}

bool Attributes::is_set(Key key) const {
  if (!has(key)) return false;
  const Attribute& attribute = *found_[static_cast<std::size_t>(key)];
  if (attribute.value_case() == Attribute::kOfBool) return attribute.of_bool();
  return *number(key, 1) == 1;
}

}  // namespace hecaton::io::execution
