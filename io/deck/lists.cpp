#include "io/deck/lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/engine/base/enum_names.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

namespace {

template <class Number>
bool read_number(std::string_view text, Number& number) {
  text = trimmed(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

// Calls `read` for every item; stops at the first for which it returns a complaint.
template <class Read>
std::string for_each_item(std::string_view text, char separator, Read&& read) {
  if (trimmed(text).empty()) return {};
  while (true) {
    const auto end = text.find(separator);
    if (std::string problem = read(trimmed(text.substr(0, end))); !problem.empty()) return problem;
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

bool read_link(std::string_view text, std::uint32_t& a, std::uint32_t& b) {
  const auto dash = text.find('-');
  return dash != std::string_view::npos && read_number(text.substr(0, dash), a) &&
         read_number(text.substr(dash + 1), b);
}

std::string read_where(std::string_view text, net::LinkOverride& other) {
  using Where = net::LinkOverride::Where;
  // "row 3" or "column 3".
  const auto line = [&](Where where) {
    const std::string_view name = name_of(where);
    if (!text.starts_with(name) || !text.substr(name.size()).starts_with(' ') ||
        !read_number(text.substr(name.size() + 1), other.a))
      return false;
    other.where = where;
    return true;
  };
  if (line(Where::row) || line(Where::column)) return {};
  for (const Where where : {Where::wrap, Where::io}) {
    if (text != name_of(where)) continue;
    other.where = where;
    return {};
  }
  other.where = Where::link;
  if (read_link(text, other.a, other.b)) return {};
  return fmt::format("{} says not which links are meant", in_quotes(text));
}

std::string read_property(std::string_view text, net::LinkOverride& other) {
  const auto space = text.find(' ');
  const std::string_view key = text.substr(0, space);
  double value = 0.0;
  const bool is_number = space != std::string_view::npos && read_number(text.substr(space), value);
  if (!is_number || !std::isfinite(value)) return fmt::format("{} is no key and number", in_quotes(text));
  if (key == "bandwidth_GBps" && value >= 0.001 && value <= 1e6) {
    other.bandwidth_GBps = value;
  } else if (key == "latency_ns" && value >= 0.0 && value <= 1e6) {
    other.latency_ns = value;
  } else {
    return fmt::format("{} is neither bandwidth_GBps (0.001 to 1e6) nor latency_ns (0 to 1e6)",
                       in_quotes(text));
  }
  return {};
}

std::string where_text(const net::LinkOverride& other) {
  using Where = net::LinkOverride::Where;
  if (other.where == Where::link) return fmt::format("{}-{}", other.a, other.b);
  if (other.where == Where::wrap || other.where == Where::io) return std::string(name_of(other.where));
  return fmt::format("{} {}", name_of(other.where), other.a);
}

// The shapes that an operator may have of its own; those of others are refused.
struct OperatorKey {
  std::string_view name;
  std::uint32_t training::OperatorConfig::*shape;
  bool of_attention, of_feed_forward, of_experts;
  std::uint32_t most;
};
constexpr OperatorKey operator_keys[] = {
    {"heads", &training::OperatorConfig::heads, true, false, false, 65536},
    {"kv_heads", &training::OperatorConfig::kv_heads, true, false, false, 65536},
    {"head_dim", &training::OperatorConfig::head_dim, true, false, false, 65536},
    {"ffn", &training::OperatorConfig::ffn, false, true, true, 16'000'000},
    {"experts", &training::OperatorConfig::experts, false, false, true, 65536},
    {"experts_per_token", &training::OperatorConfig::experts_per_token, false, false, true, 65536},
};

bool belongs_to(const OperatorKey& key, training::OperatorKind kind) {
  switch (kind) {
    case training::OperatorKind::attention:
      return key.of_attention;
    case training::OperatorKind::feed_forward:
      return key.of_feed_forward;
    case training::OperatorKind::experts:
      return key.of_experts;
  }
  return false;
}

std::string read_shape(std::string_view text, training::OperatorConfig& o) {
  const auto space = text.find(' ');
  const std::string_view name = text.substr(0, space);
  std::uint32_t value = 0;
  if (space == std::string_view::npos || !read_number(text.substr(space), value))
    return fmt::format("{} is no key and whole number", in_quotes(text));
  if (name == "gated" && o.kind != training::OperatorKind::attention && value <= 1) {
    o.gated = static_cast<std::int32_t>(value);
    return {};
  }
  for (const OperatorKey& key : operator_keys) {
    if (key.name != name || !belongs_to(key, o.kind)) continue;
    if (value < 1 || value > key.most) return fmt::format("{} is not in 1 to {}", in_quotes(text), key.most);
    o.*key.shape = value;
    return {};
  }
  return fmt::format("{} is no shape of {}", in_quotes(text), name_of(o.kind));
}

}  // namespace

std::string list_text(const std::vector<training::OperatorConfig>& operators) {
  std::string text;
  for (const training::OperatorConfig& o : operators) {
    text += fmt::format("{}{}", text.empty() ? "" : "; ", name_of(o.kind));
    const char* between = ": ";
    const auto add = [&](std::string_view name, std::uint32_t value) {
      text += fmt::format("{}{} {}", between, name, value);
      between = ", ";
    };
    for (const OperatorKey& key : operator_keys)
      if (o.*key.shape > 0) add(key.name, o.*key.shape);
    if (o.gated >= 0) add("gated", static_cast<std::uint32_t>(o.gated));
  }
  return text;
}

std::string read_list(std::string_view text, std::vector<training::OperatorConfig>& operators) {
  operators.clear();
  return for_each_item(text, ';', [&](std::string_view item) -> std::string {
    const auto colon = item.find(':');
    const std::string_view name = trimmed(item.substr(0, colon));
    const auto kind = value_named<training::OperatorKind>(name);
    if (!kind)
      return fmt::format("{} is no operator; there are {}", in_quotes(name),
                         joined(names_of<training::OperatorKind>()));
    training::OperatorConfig& o = operators.emplace_back();
    o.kind = *kind;
    if (colon == std::string_view::npos) return {};
    const std::string_view shapes = trimmed(item.substr(colon + 1));
    if (shapes.empty()) return fmt::format("{} names no shape", in_quotes(item));
    return for_each_item(shapes, ',', [&](std::string_view shape) { return read_shape(shape, o); });
  });
}

std::string list_text(const std::vector<chiplet::graph::Straggler>& stragglers) {
  std::string text;
  for (const chiplet::graph::Straggler& each : stragglers)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", each.die, each.factor);
  return text;
}

std::string read_list(std::string_view text, std::vector<chiplet::graph::Straggler>& stragglers) {
  stragglers.clear();
  return for_each_item(text, ';', [&](std::string_view item) -> std::string {
    const auto colon = item.find(':');
    chiplet::graph::Straggler& each = stragglers.emplace_back();
    if (colon == std::string_view::npos || !read_number(item.substr(0, colon), each.die) ||
        !read_number(item.substr(colon + 1), each.factor) || !(each.factor >= 0.001 && each.factor <= 1000))
      return fmt::format("{} is no die and factor", in_quotes(item));
    return {};
  });
}

std::string problem_of_path(std::string_view text) {
  const bool printable = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
  return printable && text.size() <= 4096 ? "" : "no file has such a name";
}

std::string list_text(const std::vector<std::uint32_t>& dies) {
  return fmt::format("{}", fmt::join(dies, ", "));
}

std::string list_text(const std::vector<net::DieLink>& links) {
  std::string text;
  for (const net::DieLink& link : links)
    text += fmt::format("{}{}-{}", text.empty() ? "" : ", ", link.a, link.b);
  return text;
}

std::string list_text(const std::vector<net::LinkOverride>& overrides) {
  std::string text;
  for (const net::LinkOverride& other : overrides) {
    text += fmt::format("{}{}:", text.empty() ? "" : "; ", where_text(other));
    if (other.bandwidth_GBps > 0.0) text += fmt::format(" bandwidth_GBps {}", other.bandwidth_GBps);
    if (other.latency_ns >= 0.0)
      text += fmt::format("{} latency_ns {}", other.bandwidth_GBps > 0.0 ? "," : "", other.latency_ns);
  }
  return text;
}

std::string read_list(std::string_view text, std::vector<std::uint32_t>& dies) {
  dies.clear();
  return for_each_item(text, ',', [&](std::string_view item) -> std::string {
    if (!read_number(item, dies.emplace_back()))
      return fmt::format("{} is no number of a die", in_quotes(item));
    return {};
  });
}

std::string read_list(std::string_view text, std::vector<net::DieLink>& links) {
  links.clear();
  return for_each_item(text, ',', [&](std::string_view item) -> std::string {
    net::DieLink& link = links.emplace_back();
    if (!read_link(item, link.a, link.b)) return fmt::format("{} is no pair of dies", in_quotes(item));
    return {};
  });
}

std::string read_list(std::string_view text, std::vector<net::LinkOverride>& overrides) {
  overrides.clear();
  return for_each_item(text, ';', [&](std::string_view item) -> std::string {
    net::LinkOverride& other = overrides.emplace_back();
    const auto colon = item.find(':');
    if (colon == std::string_view::npos) return fmt::format("{} has no colon", in_quotes(item));
    if (std::string problem = read_where(trimmed(item.substr(0, colon)), other); !problem.empty())
      return problem;
    const std::string_view properties = trimmed(item.substr(colon + 1));
    if (properties.empty()) return fmt::format("{} changes nothing", in_quotes(item));
    return for_each_item(properties, ',',
                         [&](std::string_view property) { return read_property(property, other); });
  });
}

}  // namespace hecaton::io
