#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "io/files/input_error.hpp"
#include "io/result/summary.hpp"

namespace {

using namespace hecaton::io;
using Json = nlohmann::ordered_json;

Summary sample(WorkloadSummary workload) {
  Summary s;
  s.version = "1.2.3";
  s.git = "abc";
  s.build_type = "Release";
  s.deck = "quick\"start\n";
  s.rows = 4;
  s.columns = 6;
  s.ranks = 3;
  s.sync = "window";
  s.simulated_ps = 123'456'789'012'345;
  s.events = 18'446'744'073'709'551'615U;
  s.packets = 7;
  s.packet_hops = 8;
  s.flit_hops = 9;
  s.windows = 10;
  s.wall_s = 0.1;
  s.events_per_s = 1.0 / 3.0;
  s.peak_rss_bytes = 11;
  s.digest = 0x00000000000000ffU;
  s.workload = std::move(workload);
  return s;
}

TrainingSummary training() {
  TrainingSummary t;
  t.model = "llama2-7b";
  t.method = "hecaton";
  t.step_s = 0.7;
  t.flops = 9'007'199'254'740'993U;  // one more than a double can hold
  t.energy_J = {1, 2, 3, 4, 5, 15};
  return t;
}

std::string refusal(const std::string& text) {
  try {
    summary_from_json(text, "summary.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "it was read";
}

TEST(SummaryJson, RoundTripsForEveryWorkload) {
  for (const WorkloadSummary& workload :
       {WorkloadSummary{training()}, WorkloadSummary{CollectiveSummary{"all-gather", "rows", 5, "ring", 6}},
        WorkloadSummary{TrafficSummary{1.5, 1, 2, 0.1, 0.2, 3.5, 4, true}}}) {
    const std::string text = to_json(sample(workload));
    EXPECT_EQ(to_json(summary_from_json(text, "summary.json")), text);
  }
}

// Every digit of the text, one after the other, becomes another.
TEST(SummaryJson, ItsValuesAreThoseOfItsChecksum) {
  const std::string text = to_json(sample(training()));
  std::size_t changed = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] < '0' || text[at] > '9') continue;
    std::string other = text;
    other[at] = text[at] == '9' ? '8' : static_cast<char>(text[at] + 1);
    EXPECT_NE(refusal(other), "it was read") << text.substr(at > 20 ? at - 20 : 0, 40);
    ++changed;
  }
  EXPECT_GT(changed, 50U);
  EXPECT_EQ(refusal(Json::parse(text).dump()), "it was read") << "its layout does not matter";
}

TEST(SummaryJson, AStepTakesTime) {
  for (const double step_s : {0.0, -0.7}) {
    TrainingSummary t = training();
    t.step_s = step_s;
    EXPECT_NE(refusal(to_json(sample(t))).find("step_s: is not a time"), std::string::npos);
  }
}

TEST(SummaryJson, HoldsEveryKeyUsersRelyOn) {
  const Json json = Json::parse(to_json(sample(training())));
  for (const char* key : {"schema", "version", "git", "build_type", "deck", "ranks", "sync", "simulated_ps",
                          "events", "packets", "packet_hops", "flit_hops", "windows", "wall_s",
                          "events_per_s", "peak_rss_bytes", "digest", "training"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  for (const char* key : {"step_s", "tokens_per_s", "compute_s", "nop_s", "dram_s", "mfu",
                          "nop_bytes_per_die", "dram_bytes", "flops", "energy_J"}) {
    EXPECT_TRUE(json["training"].contains(key)) << key;
  }
  for (const char* key : {"compute", "sram", "nop", "dram", "static", "total"}) {
    EXPECT_TRUE(json["training"]["energy_J"].contains(key)) << key;
  }
  EXPECT_EQ(json["digest"], "00000000000000ff");
  EXPECT_EQ(json["events"], 18'446'744'073'709'551'615U);
  EXPECT_EQ(json["training"]["flops"], 9'007'199'254'740'993U);
  EXPECT_EQ(json["training"]["energy_J"]["static"], 5);
  const Json traffic = Json::parse(to_json(sample(TrafficSummary{})))["traffic"];
  for (const char* key :
       {"latency_mean_cycles", "latency_min_cycles", "latency_max_cycles", "accepted_flits_per_die_cycle",
        "offered_flits_per_die_cycle", "hops_mean", "packets_measured", "saturated"}) {
    EXPECT_TRUE(traffic.contains(key)) << key;
  }
  const Json collective = Json::parse(to_json(sample(CollectiveSummary{})))["collective"];
  for (const char* key : {"time_ps", "algorithm", "bytes"}) EXPECT_TRUE(collective.contains(key)) << key;
}

// Whole while 64 bits hold it, beyond that a floating-point number: both come back as they were.
TEST(SummaryJson, CountsOfThePackageMayExceed64Bits) {
  const Wide most = ~std::uint64_t{0};
  TrainingSummary t = training();
  t.flops = most;
  t.dram_bytes = most + 1;
  const std::string text = to_json(sample(t));
  const Json json = Json::parse(text)["training"];
  EXPECT_TRUE(json["flops"].is_number_unsigned());
  EXPECT_EQ(json["flops"], ~std::uint64_t{0});
  EXPECT_TRUE(json["dram_bytes"].is_number_float());
  EXPECT_EQ(json["dram_bytes"], 18446744073709551616.0);
  const Summary back = summary_from_json(text, "summary.json");
  EXPECT_EQ(to_json(back), text);
  EXPECT_EQ(std::get<TrainingSummary>(back.workload).flops, most);
  EXPECT_EQ(std::get<TrainingSummary>(back.workload).dram_bytes, most + 1);
  EXPECT_DOUBLE_EQ(LargeCount(most * 3).number(), 3 * 18446744073709551615.0);
  Json broken = Json::parse(text);
  broken["training"]["flops"] = 0.5;
  EXPECT_NE(refusal(broken.dump()).find("flops: is not a whole number"), std::string::npos);
  broken["training"]["flops"] = -1;
  EXPECT_NE(refusal(broken.dump()).find("flops: is not a whole number"), std::string::npos);
}

TEST(SummaryJson, ItsTwoPartsShareNothingAndAreTheWhole) {
  const Summary summary = sample(training());
  const Json results = Json::parse(results_to_json(summary));
  const Json run = Json::parse(run_to_json(summary));
  const Json whole = Json::parse(to_json(summary));
  EXPECT_EQ(results.size() + run.size() + 1, whole.size()) << "and the checksum of the whole";
  for (const char* key : {"version", "git", "build_type", "ranks", "sync", "events", "windows", "wall_s",
                          "events_per_s", "peak_rss_bytes"}) {
    EXPECT_FALSE(results.contains(key)) << key;
    EXPECT_TRUE(run.contains(key)) << key;
  }
  EXPECT_EQ(to_json(summary_from_parts(results_to_json(summary), run_to_json(summary), "trace.h5")),
            to_json(summary));
}

// The parts come from a file that may lie: what the run part says of a result is not believed.
TEST(SummaryJson, TheRunPartCannotOverrideAResult) {
  const Summary summary = sample(training());
  Json run = Json::parse(run_to_json(summary));
  run["simulated_ps"] = 1;
  EXPECT_EQ(summary_from_parts(results_to_json(summary), run.dump(), "trace.h5").simulated_ps,
            summary.simulated_ps);
}

// All of it and nothing else, table by table.
void expect_figures(const Json& object, const std::string& prefix,
                    std::map<std::string, NamedFigure>& figures_left) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      expect_figures(value, prefix + key + ".", figures_left);
      continue;
    }
    const auto figure = figures_left.extract(prefix + key);
    ASSERT_FALSE(figure.empty()) << prefix + key;
    std::visit([&, &json = value](const auto& number) { EXPECT_EQ(Json(number), json) << prefix + key; },
               figure.mapped().value);
  }
}

TEST(SummaryFigures, AreThoseOfTheJson) {
  for (const WorkloadSummary& workload :
       {WorkloadSummary{training()}, WorkloadSummary{CollectiveSummary{"all-gather", "rows", 5, "ring", 6}},
        WorkloadSummary{TrafficSummary{1.5, 1, 2, 0.1, 0.2, 3.5, 4, true}}}) {
    const Summary summary = sample(workload);
    std::map<std::string, NamedFigure> left;
    for (const NamedFigure& figure : figures(summary)) left.emplace(figure.name, figure);
    EXPECT_EQ(left.size(), figures(summary).size());
    Json whole = Json::parse(to_json(summary));
    whole.erase("checksum");
    expect_figures(whole, "", left);
    EXPECT_TRUE(left.empty()) << left.begin()->first;
  }
}

TEST(SummaryFigures, HaveTheUnitsThatTheirNamesEndIn) {
  for (const WorkloadSummary& workload : {WorkloadSummary{training()}, WorkloadSummary{CollectiveSummary{}},
                                          WorkloadSummary{TrafficSummary{}}}) {
    for (const NamedFigure& figure : figures(sample(workload))) {
      std::string name = figure.name;  // the ends of an interval have the unit of what it is of
      for (const std::string_view end : {"_low", "_high"})
        if (name.ends_with(end)) name.resize(name.size() - end.size());
      const std::string expected = name.find("energy_J.") != std::string::npos                  ? "J"
                                   : name.ends_with("usd_per_tokens_per_s")                     ? "USD s"
                                   : name.ends_with("usd_per_tokens_per_mJ")                    ? "USD mJ"
                                   : name.ends_with("_usd")                                     ? "USD"
                                   : name.ends_with("_mm2")                                     ? "mm2"
                                   : name.ends_with("_per_s")                                   ? "1/s"
                                   : name.ends_with("_GBps")                                    ? "GB/s"
                                   : name.ends_with("_J")                                       ? "J"
                                   : name.ends_with("bytes") || name.ends_with("bytes_per_die") ? "B"
                                   : name.ends_with("_ps")                                      ? "ps"
                                   : name.ends_with("_s")                                       ? "s"
                                   : name.ends_with("_cycles")                                  ? "cycles"
                                                                                                : "";
      EXPECT_EQ(figure.unit, expected) << name;
    }
  }
}

TEST(SummaryJson, RefusesEveryMissingKeyByName) {
  const Json whole = Json::parse(to_json(sample(training())));
  for (const auto& [key, value] : whole.items()) {
    Json broken = whole;
    broken.erase(key);
    const std::string missing = key == "training" ? "execution" : key;
    EXPECT_EQ(refusal(broken.dump()),
              "summary.json: " + missing + ": is missing (this is no summary of a hecaton run)");
  }
}

TEST(SummaryJson, RefusesEveryWrongTypeByName) {
  const Json whole = Json::parse(to_json(sample(training())));
  for (const auto& [key, value] : whole.items()) {
    for (const Json& wrong : {Json(nullptr), Json::array(), Json(-1), Json(true)}) {
      if (key == "wall_s" || key == "events_per_s") continue;  // a negative number is a number
      Json broken = whole;
      broken[key] = wrong;
      EXPECT_TRUE(refusal(broken.dump()).starts_with("summary.json: " + key + ": is not")) << key << wrong;
    }
  }
}

TEST(SummaryJson, RefusesNumbersOutOfRange) {
  Json broken = Json::parse(to_json(sample(training())));
  broken["ranks"] = 1ULL << 32U;
  EXPECT_NE(refusal(broken.dump()).find("ranks: is too large"), std::string::npos);
  broken["ranks"] = 1;
  broken["digest"] = "0123456789abcdeg";
  EXPECT_NE(refusal(broken.dump()).find("digest: is not 16"), std::string::npos);
  EXPECT_NE(refusal("{\"schema\": 1, \"wall_s\": 1e999}").find("JSON"), std::string::npos);
}

}  // namespace
