#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>
#include <utility>

#include "io/files/input_error.hpp"
#include "io/result/summary.hpp"

namespace hecaton::io {
namespace {

using Json = nlohmann::ordered_json;  // keeps the order in which a reader wants to see it
using Parsed = nlohmann::json;        // finds a key fast among any number of them

// What varies from run to run; everything else in a summary is decided by the deck alone.
constexpr std::string_view run_keys[] = {"version",      "git",           "build_type", "ranks",
                                         "sync",         "events",        "windows",    "wall_s",
                                         "events_per_s", "peak_rss_bytes"};

bool is_run_key(std::string_view key) {
  return std::find(std::begin(run_keys), std::end(run_keys), key) != std::end(run_keys);
}

// One description of the fields serves both directions: `visit` is called with each key and the value it
// stands for.
template <class Energy, class Visit>
void visit_energy(Energy& e, Visit&& visit) {
  visit("compute", e.compute);
  visit("sram", e.sram);
  visit("nop", e.nop);
  visit("dram", e.dram);
  visit("static", e.static_power);
  visit("total", e.total);
}

template <class Training, class Visit>
void visit_training(Training& t, Visit&& visit) {
  visit("model", t.model);
  visit("method", t.method);
  visit("step_s", t.step_s);
  visit("tokens_per_s", t.tokens_per_s);
  visit("compute_s", t.compute_s);
  visit("nop_s", t.nop_s);
  visit("dram_s", t.dram_s);
  visit("mfu", t.mfu);
  visit("nop_bytes_per_die", t.nop_bytes_per_die);
  visit("dram_bytes", t.dram_bytes);
  visit("flops", t.flops);
  visit("energy_per_token_J", t.energy_per_token_J);
  visit("activation_peak_bytes", t.activation_peak_bytes);
  visit("weight_peak_bytes", t.weight_peak_bytes);
}

template <class Collective, class Visit>
void visit_collective(Collective& c, Visit&& visit) {
  visit("operation", c.operation);
  visit("group", c.group);
  visit("time_ps", c.time_ps);
  visit("algorithm", c.algorithm);
  visit("bytes", c.bytes);
}

template <class Traffic, class Visit>
void visit_traffic(Traffic& t, Visit&& visit) {
  visit("latency_mean_cycles", t.latency_mean_cycles);
  visit("latency_min_cycles", t.latency_min_cycles);
  visit("latency_max_cycles", t.latency_max_cycles);
  visit("accepted_flits_per_die_cycle", t.accepted_flits_per_die_cycle);
  visit("offered_flits_per_die_cycle", t.offered_flits_per_die_cycle);
  visit("hops_mean", t.hops_mean);
  visit("packets_measured", t.packets_measured);
  visit("saturated", t.saturated);
}

template <class Any, class Visit>
void visit_top(Any& s, Visit&& visit) {
  visit("schema", s.schema);
  visit("version", s.version);
  visit("git", s.git);
  visit("build_type", s.build_type);
  visit("deck", s.deck);
  visit("rows", s.rows);
  visit("columns", s.columns);
  visit("ranks", s.ranks);
  visit("sync", s.sync);
  visit("simulated_ps", s.simulated_ps);
  visit("events", s.events);
  visit("packets", s.packets);
  visit("packet_hops", s.packet_hops);
  visit("flit_hops", s.flit_hops);
  visit("windows", s.windows);
  visit("wall_s", s.wall_s);
  visit("events_per_s", s.events_per_s);
  visit("peak_rss_bytes", s.peak_rss_bytes);
}

// Out.
auto into(Json& object) {
  return [&object](const char* key, const auto& value) { object[key] = value; };
}

Json workload_object(const TrainingSummary& training) {
  Json object;
  visit_training(training, into(object));
  visit_energy(training.energy_J, into(object["energy_J"]));
  return object;
}
Json workload_object(const CollectiveSummary& collective) {
  Json object;
  visit_collective(collective, into(object));
  return object;
}
Json workload_object(const TrafficSummary& traffic) {
  Json object;
  visit_traffic(traffic, into(object));
  return object;
}

constexpr const char* workload_keys[] = {"training", "collective", "traffic"};  // in the order of the variant

Json to_object(const Summary& summary) {
  Json object;
  visit_top(summary, into(object));
  object["digest"] = fmt::format("{:016x}", summary.digest);
  object[workload_keys[summary.workload.index()]] =
      std::visit([](const auto& workload) { return workload_object(workload); }, summary.workload);
  return object;
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

Figure figure_of(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return value.get<double>();
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  return value.get<std::int64_t>();
}

void add_figures(const Json& object, const std::string& prefix,
                 std::vector<std::pair<std::string, Figure>>& found) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      add_figures(value, prefix + key + ".", found);
    } else {
      found.emplace_back(prefix + key, figure_of(value));
    }
  }
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

auto from(const Parsed& object) {
  return [&object](const char* key, auto& value) { read(member(object, key), key, value); };
}

const Parsed& object_member(const Parsed& object, const char* key) {
  const Parsed& value = member(object, key);
  if (!value.is_object()) throw Wrong{key, "is not an object"};
  return value;
}

std::uint64_t read_digest(const Parsed& object) {
  std::string text;
  read(member(object, "digest"), "digest", text);
  std::uint64_t digest = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), digest, 16);
  if (text.size() != 16 || error != std::errc{} || end != text.data() + text.size()) {
    throw Wrong{"digest", "is not 16 hexadecimal digits"};
  }
  return digest;
}

WorkloadSummary read_workload(const Parsed& object) {
  if (object.contains("training")) {
    const Parsed& source = object_member(object, "training");
    TrainingSummary training;
    visit_training(training, from(source));
    visit_energy(training.energy_J, from(object_member(source, "energy_J")));
    return training;
  }
  if (object.contains("collective")) {
    CollectiveSummary collective;
    visit_collective(collective, from(object_member(object, "collective")));
    return collective;
  }
  TrafficSummary traffic;
  visit_traffic(traffic, from(object_member(object, "traffic")));
  return traffic;
}

Summary from_object(const Parsed& object) {
  Summary summary;
  read(member(object, "schema"), "schema", summary.schema);
  if (summary.schema != summary_schema) throw Wrong{"schema", "is not one that this version reads"};
  visit_top(summary, from(object));
  summary.digest = read_digest(object);
  summary.workload = read_workload(object);
  return summary;
}

Parsed parse(std::string_view text) {
  Parsed object = Parsed::parse(text, nullptr, false);
  if (!object.is_object()) throw Wrong{"", "it holds no JSON object"};
  return object;
}

template <class Read>
Summary guarded(const std::string& source, Read&& read_object) {
  try {
    return from_object(read_object());
  } catch (const Wrong& wrong) {
    throw InputError({source}, wrong.key, wrong.problem, "this is no summary of a hecaton run", "");
  }
}

}  // namespace

std::string to_json(const Summary& summary) {
  return dump(to_object(summary));
}

std::vector<std::pair<std::string, Figure>> figures(const Summary& summary) {
  std::vector<std::pair<std::string, Figure>> found;
  add_figures(to_object(summary), "", found);
  return found;
}

std::string results_to_json(const Summary& summary) {
  return part_to_json(summary, false);
}

std::string run_to_json(const Summary& summary) {
  return part_to_json(summary, true);
}

Summary summary_from_json(std::string_view text, const std::string& source) {
  return guarded(source, [&] { return parse(text); });
}

Summary summary_from_parts(std::string_view results, std::string_view run, const std::string& source) {
  return guarded(source, [&] {
    Parsed whole = parse(results);
    const Parsed of_the_run = parse(run);
    for (const auto& [key, value] : of_the_run.items()) {
      if (is_run_key(key)) whole[key] = value;
    }
    return whole;
  });
}

}  // namespace hecaton::io
