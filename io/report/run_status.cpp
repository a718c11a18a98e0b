#include "io/report/run_status.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace hecaton::io {
namespace {

using Json = nlohmann::ordered_json;
using Parsed = nlohmann::json;

constexpr int status_schema = 1;

struct Wrong {};

const Parsed& member(const Parsed& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw Wrong{};
  return *found;
}

std::string text(const Parsed& object, const char* key) {
  const Parsed& value = member(object, key);
  if (!value.is_string()) throw Wrong{};
  return value.get<std::string>();
}

double number(const Parsed& object, const char* key) {
  const Parsed& value = member(object, key);
  if (!value.is_number() || !std::isfinite(value.get<double>())) throw Wrong{};
  return value.get<double>();
}

std::uint64_t count(const Parsed& object, const char* key, std::uint64_t most) {
  const Parsed& value = member(object, key);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) throw Wrong{};
  return value.get<std::uint64_t>();
}

bool truth(const Parsed& object, const char* key) {
  const Parsed& value = member(object, key);
  if (!value.is_boolean()) throw Wrong{};
  return value.get<bool>();
}

RunState state_of(const std::string& name) {
  for (const RunState state : values_of<RunState>())
    if (name_of(state) == name) return state;
  throw Wrong{};
}

RunStatus read(const Parsed& object) {
  constexpr std::uint64_t most_ranks = 1U << 30U;
  if (count(object, "schema", status_schema) != status_schema) throw Wrong{};
  RunStatus status;
  status.state = state_of(text(object, "state"));
  status.version = text(object, "version");
  status.deck = text(object, "deck");
  status.ranks = static_cast<int>(count(object, "ranks", most_ranks));
  status.started_unix_s = number(object, "started_unix_s");
  status.told_unix_s = number(object, "told_unix_s");
  status.wall_s = number(object, "wall_s");
  ProgressSample& progress = status.progress;
  progress.simulated_s = number(object, "simulated_s");
  progress.events = count(object, "events", ~std::uint64_t{0});
  progress.of_all_ranks = truth(object, "events_of_all_ranks");
  progress.fraction = number(object, "fraction");
  progress.fraction_before = number(object, "fraction_before");
  progress.restarted = truth(object, "restarted");
  return status;
}

}  // namespace

std::string to_json(const RunStatus& status) {
  const ProgressSample& progress = status.progress;
  const Json json{{"schema", status_schema},
                  {"version", status.version},
                  {"state", name_of(status.state)},
                  {"deck", status.deck},
                  {"ranks", status.ranks},
                  {"started_unix_s", status.started_unix_s},
                  {"told_unix_s", status.told_unix_s},
                  {"wall_s", status.wall_s},
                  {"simulated_s", progress.simulated_s},
                  {"events", progress.events},
                  {"events_of_all_ranks", progress.of_all_ranks},
                  {"fraction", progress.fraction},
                  {"fraction_before", progress.fraction_before},
                  {"restarted", progress.restarted}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<RunStatus> status_from_json(std::string_view text) {
  const Parsed object = Parsed::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  try {
    return read(object);
  } catch (const Wrong&) {
    return std::nullopt;
  }
}

}  // namespace hecaton::io
