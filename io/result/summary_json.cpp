#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/engine/base/bytes_digest.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/files/input_error.hpp"
#include "io/result/summary.hpp"

namespace hecaton::io {
namespace {

using Json = nlohmann::ordered_json;  // keeps the order in which a reader wants to see it
using Parsed = nlohmann::json;        // finds a key fast among any number of them, and orders them

constexpr const char* checksum_key = "checksum";  // of a whole summary's other values

// What varies from run to run; everything else in a summary is decided by the deck alone.
bool is_run_key(std::string_view key) {
  bool found = false;
  for_each_field<SummaryHead>([&](const auto& field) {
    if (field.digested == Digested::no && key == field.name) found = true;
  });
  return found;
}

constexpr bool is_hex(std::string_view units) {
  return units == "hex";
}

std::string hex_text(std::uint64_t value) {
  return fmt::format("{:016x}", value);
}

// Out: field by field; a struct within becomes an object.
template <HasFields Row>
Json object_of(const Row& row) {
  Json object = Json::object();
  for_each_field<Row>([&](const auto& field) {
    using Value = typename std::decay_t<decltype(field)>::Value;
    const Value& value = row.*field.member;
    if constexpr (HasFields<Value>) {
      object[field.name] = object_of(value);
    } else if constexpr (std::is_same_v<Value, LargeCount>) {
      if (value.is_whole()) {
        object[field.name] = value.whole();
      } else {
        object[field.name] = value.number();
      }
    } else if constexpr (std::is_same_v<Value, std::uint64_t>) {
      if (is_hex(field.units)) {
        object[field.name] = hex_text(value);
      } else {
        object[field.name] = value;
      }
    } else {
      object[field.name] = value;
    }
  });
  return object;
}

Json to_object(const Summary& summary) {
  Json object = object_of(static_cast<const SummaryHead&>(summary));
  object[std::string(kind_of(summary.workload).name)] =
      std::visit([](const auto& workload) { return object_of(workload); }, summary.workload);
  return object;
}

// Of what the object says, however it is laid out: a reader may have written it again.
std::uint64_t checksum_of(const Parsed& object) {
  return digest_of_text(object.dump(-1, ' ', false, Parsed::error_handler_t::replace));
}

std::string dump(const Json& object) {
  // A deck's file name may hold any bytes; JSON may not.
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string part_to_json(const Summary& summary, bool of_the_run) {
  Json part = Json::object();
  const Json whole = to_object(summary);
  for (const auto& [key, value] : whole.items()) {
    if (is_run_key(key) == of_the_run) part[key] = value;
  }
  return dump(part);
}

Figure figure_of(const LargeCount& count) {
  if (count.is_whole()) return count.whole();
  return count.number();
}
template <class Value>
Figure figure_of(const Value& value) {
  if constexpr (std::is_same_v<Value, bool> || !std::is_integral_v<Value>) {
    return value;
  } else if constexpr (std::is_unsigned_v<Value>) {
    return std::uint64_t{value};
  } else {
    return std::int64_t{value};
  }
}

template <HasFields Row>
void add_figures(const Row& row, const std::string& prefix, std::vector<NamedFigure>& found) {
  for_each_field<Row>([&](const auto& field) {
    using Value = typename std::decay_t<decltype(field)>::Value;
    const Value& value = row.*field.member;
    if constexpr (HasFields<Value>) {
      add_figures(value, prefix + field.name + ".", found);
    } else {
      const bool has_unit = std::string_view(field.units) != "1" && !is_hex(field.units);
      Figure figure = figure_of(value);
      if constexpr (std::is_same_v<Value, std::uint64_t>) {
        if (is_hex(field.units)) figure = hex_text(value);
      }
      found.push_back({prefix + field.name, has_unit ? field.units : "", std::move(figure)});
    }
  });
}

// In. The text may hold anything, so each value is looked up, typed and ranged; `Wrong` is what its key did
// wrong.
struct Wrong {
  std::string key;
  const char* problem;
};

const Parsed& member(const Parsed& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw Wrong{key, "is missing"};
  return *found;
}

void read(const Parsed& value, const char* key, std::string& into_text) {
  if (!value.is_string()) throw Wrong{key, "is not a text"};
  into_text = value.get<std::string>();
}
void read(const Parsed& value, const char* key, bool& into_bool) {
  if (!value.is_boolean()) throw Wrong{key, "is neither true nor false"};
  into_bool = value.get<bool>();
}
void read(const Parsed& value, const char* key, double& into_number) {
  if (!value.is_number()) throw Wrong{key, "is not a number"};
  into_number = value.get<double>();
  if (!std::isfinite(into_number)) throw Wrong{key, "is not finite"};
}
template <std::integral Integer>
void read(const Parsed& value, const char* key, Integer& into_integer) {
  if (!value.is_number_unsigned()) throw Wrong{key, "is not a whole number of at least 0"};
  const auto number = value.get<std::uint64_t>();
  if (!std::in_range<Integer>(number)) throw Wrong{key, "is too large"};
  into_integer = static_cast<Integer>(number);
}

void read(const Parsed& value, const char* key, LargeCount& into_count) {
  if (!value.is_number_float()) {
    std::uint64_t whole = 0;
    read(value, key, whole);
    into_count = LargeCount(whole);
    return;
  }
  constexpr double least = 18446744073709551616.0;  // of what 64 bits do not hold
  double number = 0;
  read(value, key, number);
  if (number < least) throw Wrong{key, "is not a whole number of at least 0"};
  into_count = LargeCount::beyond(number);
}

const Parsed& object_member(const Parsed& object, const char* key) {
  const Parsed& value = member(object, key);
  if (!value.is_object()) throw Wrong{key, "is not an object"};
  return value;
}

void read_hex(const Parsed& value, const char* key, std::uint64_t& into_number) {
  std::string text;
  read(value, key, text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into_number, 16);
  if (text.size() != 16 || error != std::errc{} || end != text.data() + text.size()) {
    throw Wrong{key, "is not 16 hexadecimal digits"};
  }
}

template <HasFields Row>
void read_fields(const Parsed& object, Row& row) {
  for_each_field<Row>([&](const auto& field) {
    using Value = typename std::decay_t<decltype(field)>::Value;
    Value& value = row.*field.member;
    if constexpr (HasFields<Value>) {
      read_fields(object_member(object, field.name), value);
    } else if constexpr (std::is_same_v<Value, std::uint64_t>) {
      const Parsed& found = member(object, field.name);
      if (is_hex(field.units)) {
        read_hex(found, field.name, value);
      } else {
        read(found, field.name, value);
      }
    } else {
      read(member(object, field.name), field.name, value);
    }
  });
}

// The kind is that of which there is a table; the last one if there is none.
template <std::size_t Kind = 0>
WorkloadSummary read_workload(const Parsed& object) {
  const std::string name(workload_kinds()[Kind].name);
  if constexpr (Kind + 1 < std::variant_size_v<WorkloadSummary>) {
    if (!object.contains(name)) return read_workload<Kind + 1>(object);
  }
  std::variant_alternative_t<Kind, WorkloadSummary> workload;
  read_fields(object_member(object, name.c_str()), workload);
  return workload;
}

// Whether the run has ended: the trace of one that has not has a step of no time.
enum class Run : std::uint8_t { ended, may_go_on };

template <class Workload>
void expect_possible(const Workload& workload, Run run) {
  if constexpr (requires { workload.step_s; }) {
    const bool is_possible = workload.step_s > 0 || (workload.step_s == 0 && run == Run::may_go_on);
    if (!is_possible) throw Wrong{"step_s", "is not a time that a step takes"};
  }
}

Summary from_object(const Parsed& object, Run run) {
  Summary summary;
  read(member(object, "schema"), "schema", summary.schema);
  if (summary.schema != summary_schema) throw Wrong{"schema", "is not one that this version reads"};
  read_fields(object, static_cast<SummaryHead&>(summary));
  summary.workload = read_workload(object);
  std::visit([&](const auto& workload) { expect_possible(workload, run); }, summary.workload);
  return summary;
}

Parsed parse(std::string_view text) {
  Parsed object = Parsed::parse(text, nullptr, false);
  if (!object.is_object()) throw Wrong{"", "it holds no JSON object"};
  return object;
}

template <class Read>
Summary guarded(const std::string& source, Run run, Read&& read_object) {
  try {
    return from_object(read_object(), run);
  } catch (const Wrong& wrong) {
    throw InputError({source}, wrong.key, wrong.problem, "this is no summary of a hecaton run", "");
  }
}

// Last, so that what is wrong by itself is told by its own name.
void expect_checksum(Parsed object, const std::string& source) {
  std::uint64_t told = 0;
  try {
    read_hex(member(object, checksum_key), checksum_key, told);
  } catch (const Wrong& wrong) {
    throw InputError({source}, wrong.key, wrong.problem, "this is no summary of a hecaton run", "");
  }
  object.erase(checksum_key);
  if (told != checksum_of(object))
    throw InputError({source}, checksum_key, "is not that of the values",
                     "they were changed or damaged since", "run the deck again");
}

}  // namespace

std::string to_json(const Summary& summary) {
  Json object = to_object(summary);
  object[checksum_key] = hex_text(checksum_of(Parsed::parse(dump(object))));
  return dump(object);
}

std::vector<NamedFigure> figures(const Summary& summary) {
  std::vector<NamedFigure> found;
  add_figures(static_cast<const SummaryHead&>(summary), "", found);
  const std::string prefix = std::string(kind_of(summary.workload).name) + ".";
  std::visit([&](const auto& workload) { add_figures(workload, prefix, found); }, summary.workload);
  return found;
}

std::string results_to_json(const Summary& summary) {
  return part_to_json(summary, false);
}

std::string run_to_json(const Summary& summary) {
  return part_to_json(summary, true);
}

Summary summary_from_json(std::string_view text, const std::string& source) {
  Parsed object;
  Summary summary = guarded(source, Run::ended, [&] { return object = parse(text); });
  expect_checksum(std::move(object), source);
  return summary;
}

Summary summary_from_parts(std::string_view results, std::string_view run, const std::string& source) {
  return guarded(source, Run::may_go_on, [&] {
    Parsed whole = parse(results);
    const Parsed of_the_run = parse(run);
    for (const auto& [key, value] : of_the_run.items()) {
      if (is_run_key(key)) whole[key] = value;
    }
    return whole;
  });
}

}  // namespace hecaton::io
