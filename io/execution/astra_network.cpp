#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <string>
#include <string_view>

#include "io/execution/astra_inputs.hpp"
#include "io/files/input_error.hpp"
#include "io/files/text_file.hpp"

namespace hecaton::io::execution {
namespace {

constexpr std::uint32_t most_ring_ranks = 65536;

struct NetworkEntry {
  std::string file;
  std::string key;
  YAML::Node value;

  [[noreturn]] void refuse(std::string_view problem, std::string_view why, std::string_view help) const {
    const YAML::Mark mark = value.Mark();
    Location where{file};
    if (!mark.is_null()) {
      where.line = static_cast<std::uint32_t>(mark.line) + 1;
      where.column = static_cast<std::uint32_t>(mark.column) + 1;
    }
    throw InputError(where, key, problem, why, help);
  }
  // The one value of a dimension.
  template <class Value>
  Value only(std::string_view what) const {
    if (!value.IsSequence() || value.size() != 1)
      refuse("is no list of one value",
             "collectives over several dimensions go dimension by dimension there, which is not simulated",
             "give a network of one dimension");
    try {
      return value[0].as<Value>();
    } catch (const YAML::Exception&) {
      refuse("holds something else", fmt::format("{} is needed", what), fmt::format("give {}", what));
    }
  }
  double number(double least, double most) const {
    const auto given = only<double>("a number");
    if (!std::isfinite(given) || given < least || given > most)
      refuse("is out of range", fmt::format("{} is not in {} to {}", given, least, most),
             "give a number in it");
    return given;
  }
};

YAML::Node read_yaml(const std::filesystem::path& file) {
  const std::string text = read_text_file(file, "a network of ASTRA-sim");
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& error) {
    Location where{file.string()};
    if (!error.mark.is_null()) {
      where.line = static_cast<std::uint32_t>(error.mark.line) + 1;
      where.column = static_cast<std::uint32_t>(error.mark.column) + 1;
    }
    throw InputError(where, "", "is no YAML", error.msg, "correct it");
  }
}

void take_entry(AstraNetwork& network, const NetworkEntry& entry) {
  if (entry.key == "topology") {
    const auto name = entry.only<std::string>("a name");
    if (name != "Ring")
      entry.refuse(fmt::format("is {}", in_quotes(name)),
                   "a row of dies is a ring; it has no links from each to each", "give Ring");
  } else if (entry.key == "npus_count") {
    network.ranks = static_cast<std::uint32_t>(entry.number(2, most_ring_ranks));
  } else if (entry.key == "bandwidth") {
    network.bandwidth_GBps = entry.number(0.001, 1e6);
  } else if (entry.key == "latency") {
    network.latency_ns = entry.number(1, 1e6);
  } else {
    entry.refuse("is not known", "a network has topology, npus_count, bandwidth and latency", "remove it");
  }
}

}  // namespace

AstraNetwork read_astra_network(const std::filesystem::path& yaml) {
  const YAML::Node root = read_yaml(yaml);
  if (!root.IsMap())
    throw InputError(Location{yaml.string()}, "", "is no network of ASTRA-sim", "a map of keys is needed",
                     "give one with topology, npus_count, bandwidth and latency");
  AstraNetwork network;
  bool has_topology = false;
  for (const auto& each : root) {
    if (!each.first.IsScalar())
      throw InputError(Location{yaml.string()}, "", "has a key that is no word", "", "remove it");
    const NetworkEntry entry{yaml.string(), each.first.Scalar(), each.second};
    has_topology = has_topology || entry.key == "topology";
    take_entry(network, entry);
  }
  const std::string_view missing = !has_topology                 ? "topology"
                                   : network.ranks == 0          ? "npus_count"
                                   : network.bandwidth_GBps == 0 ? "bandwidth"
                                   : network.latency_ns == 0     ? "latency"
                                                                 : "";
  if (!missing.empty())
    throw InputError(Location{yaml.string()}, missing, "is missing", "every dimension has one", "add it");
  return network;
}

}  // namespace hecaton::io::execution
