#include <fmt/format.h>

#include <array>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "io/execution/astra_inputs.hpp"
#include "io/files/input_error.hpp"
#include "io/hub/json_object.hpp"

namespace hecaton::io::execution {
namespace {

[[noreturn]] void refuse_member(const JsonMember& member, std::string_view problem, std::string_view why,
                                std::string_view help) {
  throw InputError(member.where, in_quotes(member.name), problem, why, help);
}

double number_of(const JsonMember& member, double least, double most) {
  if (!member.value.is_number())
    refuse_member(member, "is no number", fmt::format("{} to {} is needed", least, most), "give a number");
  const auto given = member.value.get<double>();
  if (!std::isfinite(given) || given < least || given > most)
    refuse_member(member, "is out of range", fmt::format("{} is not in {} to {}", given, least, most),
                  "give a number in it");
  return given;
}

std::uint32_t whole_number_of(const JsonMember& member, std::uint32_t least, std::uint32_t most) {
  const double given = number_of(member, least, most);
  if (given != std::floor(given))
    refuse_member(member, "is no whole number", "it counts", "give a whole number");
  return static_cast<std::uint32_t>(given);
}

void expect_value(const JsonMember& member, const nlohmann::json& needed, std::string_view why) {
  if (member.value != needed)
    refuse_member(member, "is something else than what is simulated", why,
                  fmt::format("give {}", needed.dump()));
}

void expect_one_of(const JsonMember& member, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (member.value == name) return;
  refuse_member(member, "is not known", fmt::format("known are {}", joined({names.begin(), names.end()})),
                "give one of them");
}

// The keys that say nothing here, or that may have one value only.
bool is_passed_over(const JsonMember& member) {
  constexpr std::array ways{"all-reduce-implementation", "all-gather-implementation",
                            "reduce-scatter-implementation", "all-to-all-implementation"};
  for (const std::string_view way : ways) {
    if (member.name != way) continue;
    expect_value(member, nlohmann::json::array({"ring"}), "of a ring of dies collectives go round");
    return true;
  }
  if (member.name == "active-chunks-per-dimension") {
    expect_value(member, 1, "the parts of a collective run one after the other");
  } else if (member.name == "boost-mode") {
    expect_value(member, 0, "every rank is simulated");
  } else if (member.name == "scheduling-policy") {
    expect_one_of(member, {"LIFO", "FIFO"});
  } else if (member.name == "collective-optimization") {
    expect_one_of(member, {"localBWAware", "baseline"});
  } else {
    return false;
  }
  return true;
}

void take_member(AstraSystem& system, const JsonMember& member) {
  if (is_passed_over(member)) return;
  if (member.name == "endpoint-delay") {
    system.endpoint_delay_ns = number_of(member, 0, 1e9);
  } else if (member.name == "preferred-dataset-splits") {
    system.splits = whole_number_of(member, 1, 65536);
  } else if (member.name == "local-mem-bw") {
    system.local_GBps = number_of(member, 0.001, 1e9);
  } else if (member.name == "roofline-enabled") {
    system.roofline = whole_number_of(member, 0, 1) == 1;
  } else if (member.name == "peak-perf") {
    system.peak_TFLOPS = number_of(member, 0.001, 1e6);
  } else {
    refuse_member(member, "is not known", "what it changes is not simulated", "remove it");
  }
}

}  // namespace

AstraSystem read_astra_system(const std::filesystem::path& json) {
  const JsonObject object = read_json_object(json, "a system of ASTRA-sim");
  AstraSystem system;
  for (const JsonMember& member : object.members) take_member(system, member);
  for (const std::string_view key : {"endpoint-delay", "local-mem-bw"})
    if (object.find(key) == nullptr)
      throw InputError(Location{object.file}, key, "is missing", "times follow from it", "add it");
  if (system.roofline && system.peak_TFLOPS == 0)
    throw InputError(Location{object.file}, "peak-perf", "is missing", "roofline-enabled is 1", "add it");
  return system;
}

void check_astra_memory(const std::filesystem::path& json) {
  const JsonObject object = read_json_object(json, "a remote memory of ASTRA-sim");
  for (const JsonMember& member : object.members) {
    if (member.name != "memory-type")
      refuse_member(member, "is not known", "only systems without remote memory are simulated", "remove it");
    expect_value(member, "NO_MEMORY_EXPANSION", "only systems without remote memory are simulated");
  }
  if (object.find("memory-type") == nullptr)
    throw InputError(Location{object.file}, "memory-type", "is missing", "it says what there is", "add it");
}

}  // namespace hecaton::io::execution
