#include "runs/commands/validated_facts.hpp"

#include <vector>

#include "io/deck/workloads/kind.hpp"
#include "runs/sampling/sampled_step.hpp"

namespace hecaton::runs {
namespace {

using io::Facts;

Facts package_facts(const io::Deck& deck) {
  const auto& package = deck.network.package;
  const auto& link = deck.network.link;
  return Facts()
      .add("rows", package.rows)
      .add("columns", package.columns)
      .add("topology", name_of(package.topology))
      .add("link_bandwidth_GBps", link.bandwidth_GBps)
      .add("link_latency_ns", link.latency_ns)
      .add("flit_bytes", link.flit_bytes);
}

Facts model_facts(const training::Plan& plan) {
  return Facts()
      .add("parameters", plan.parameters)
      .add("flops_per_token", static_cast<double>(plan.model_flops) / static_cast<double>(plan.tokens))
      .add("flops_per_step", static_cast<double>(plan.model_flops))
      .add("tokens_per_step", plan.tokens);
}

std::vector<Facts> plan_facts(const Preview& seen) {
  std::vector<Facts> facts;
  for (const training::PlanFact& fact : seen.facts)
    facts.push_back(Facts().add("name", fact.key).add("value", fact.value).add("unit", fact.unit));
  return facts;
}

Facts dram_facts(const DramRoom& room, const chiplet::MemoryConfig& memory) {
  const bool is_given = memory.capacity_GiB > 0;
  const double capacity = is_given ? memory.capacity_GiB : memory.usual_capacity_GiB;
  Facts facts;
  facts.add("weights_bytes", room.package.weights)
      .add("gradients_bytes", room.package.gradients)
      .add("optimizer_state_bytes", room.package.optimizer_state)
      .add("saved_activations_bytes", room.package.saved_activations)
      .add("stream_gradients_bytes", room.package.stream_gradients)
      .add("total_bytes", room.package.total())
      .add("channels", room.channels)
      .add("fullest_channel_bytes", room.fullest_channel);
  if (capacity <= 0) return facts;
  return facts.add(is_given ? "capacity_GiB" : "usual_capacity_GiB", capacity)
      .add("fits", room.fullest_channel <= bytes_of_GiB(capacity));
}

Facts undisturbed_facts(const Undisturbed& undisturbed) {
  return Facts()
      .add("compute_ps", undisturbed.compute_ps)
      .add("collectives_ps", undisturbed.collectives_ps)
      .add("bytes_ps", undisturbed.bytes_ps)
      .add("dram_ps", undisturbed.dram_ps);
}

Facts trace_facts(const io::TracePartBytes& parts) {
  return Facts()
      .add("counters_bytes", parts.counters)
      .add("operations_bytes", parts.operations)
      .add("marks_bytes", parts.marks)
      .add("bins_bytes", parts.bins)
      .add("stalls_bytes", parts.stalls)
      .add("messages_bytes", parts.messages)
      .add("path_bytes_at_most", parts.path);
}

Facts run_facts(const Preview& seen, const std::string& partition, int ranks) {
  const Estimate& estimate = seen.estimate;
  return Facts()
      .add("ranks", ranks)
      .add("partition", partition)
      .add("lookahead_ps", seen.lookahead_ps)
      .add("greatest_lookahead_ps", seen.greatest_lookahead_ps)
      .add("messages", estimate.messages)
      .add("packets", estimate.packets)
      .add("events", estimate.events)
      .add("events_at_most", estimate.events_at_most)
      .add("memory_bytes_per_rank", estimate.memory_bytes_per_rank)
      .add("trace_bytes", estimate.trace_bytes)
      .add("trace_parts", trace_facts(estimate.trace_parts));
}

Facts sampled_facts(const Workload& workload) {
  const SampleForecast forecast = forecast_sample(workload);
  return Facts()
      .add("events", forecast.events)
      .add("segments_simulated", forecast.segments_simulated)
      .add("segments_total", forecast.segments_total);
}

}  // namespace

Facts validated_facts(const CheckedDeck& checked, const std::string& partition, int ranks) {
  const io::Deck& deck = checked.loaded.deck;
  const Preview& seen = checked.preview;
  const Workload& workload = checked.planned->workload;
  Facts facts;
  facts.add("deck", deck.name).add("kind", io::kind_of(deck).name).add("package", package_facts(deck));
  if (seen.dram) facts.add("model", model_facts(workload.plan()));
  if (!seen.facts.empty()) facts.add("plan", plan_facts(seen));
  if (seen.dram) facts.add("dram", dram_facts(*seen.dram, deck.memory));
  if (seen.undisturbed) facts.add("undisturbed", undisturbed_facts(*seen.undisturbed));
  facts.add("run", run_facts(seen, partition, ranks));
  if (io::kind_of(deck).traits.can_be_sampled) facts.add("sampled", sampled_facts(workload));
  return facts.add("resolved_deck", deck.resolved_toml);
}

}  // namespace hecaton::runs
