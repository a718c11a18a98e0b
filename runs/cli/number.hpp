// Numbers on the command line, all read by one function: the whole word is the number, finite, in its range, and
// whole where a whole one is wanted.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <string>
#include <type_traits>

namespace hecaton::runs {

// Throws CLI::ValidationError, which names the option.
template <class Number>
Number number_of(const std::string& option, const std::string& text, Number least, Number most) {
  constexpr bool whole = std::is_integral_v<Number>;
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const bool is_number = rest == end && error != std::errc::invalid_argument;
  const bool fits = error == std::errc() && value >= least && value <= most;  // false for what is no number
  if (is_number && fits) return value;
  throw CLI::ValidationError(option, fmt::format("{} is not {} from {} to {}", text,
                                                 whole ? "a whole number" : "a number", least, most));
}

// An option that takes 0, for none, or a power of two; what the field holds is its default.
template <class Number>
CLI::Option* add_power_of_two(CLI::App& command, const std::string& name, Number& field,
                              std::type_identity_t<Number> most, const std::string& text) {
  const auto take = [&field, name, most](const std::string& given) {
    const Number value = number_of(name, given, Number{0}, most);
    if ((value & (value - 1)) != 0) throw CLI::ValidationError(name, given + " is no power of two");
    field = value;
  };
  return command.add_option_function<std::string>(name, take, text + "; a power of two, or 0 for none")
      ->type_name("N")
      ->default_str(fmt::format("{}", field));
}

// An option that takes a number; what the field holds is its default.
template <class Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& field,
                        std::type_identity_t<Number> least, std::type_identity_t<Number> most,
                        const std::string& text) {
  const auto take = [&field, name, least, most](const std::string& given) {
    field = number_of(name, given, least, most);
  };
  return command.add_option_function<std::string>(name, take, text)
      ->type_name(std::is_integral_v<Number> ? "N" : "NUMBER")
      ->default_str(fmt::format("{}", field));
}

}  // namespace hecaton::runs
