// Measures how far a run has come: a run of programs by the operations that are done, one of packets by the time
// until which they are sent.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

#include "core/chiplet/counts/counts.hpp"
#include "runs/wiring/package.hpp"
#include "runs/wiring/simulation.hpp"

namespace hecaton::runs {

// What this rank's dies will do, and have done: rows of operations of programs, nodes of graphs.
template <class AnyModel>
std::uint64_t work_expected(const Workload& workload, const AnyModel& model) {
  std::uint64_t work = 0;
  for (const auto& node : model.nodes()) {
    if (std::holds_alternative<GraphNode>(node.endpoint.node)) work += workload.graph_nodes(node.id);
    if (!std::holds_alternative<DieNode>(node.endpoint.node)) continue;
    const chiplet::DieSetup setup = workload.die_setup(node.id);
    work +=
        chiplet::count_program(*setup.program, {setup.rings, setup.lines}, setup.timings, setup.dram).rows;
  }
  return work;
}

template <class AnyModel>
std::uint64_t work_done(const AnyModel& model) {
  std::uint64_t work = 0;
  for (const auto& node : model.nodes()) {
    if (const auto* die = std::get_if<DieNode>(&node.endpoint.node)) work += die->die.rows();
    if (const auto* graph = std::get_if<GraphNode>(&node.endpoint.node)) work += graph->die->nodes();
  }
  return work;
}

// No program runs on a clocked network.
inline std::uint64_t work_expected(const Workload&, const ClockedModel&) {
  return 0;
}
inline std::uint64_t work_done(const ClockedModel&) {
  return 0;
}

// Calls `report` about four times a second; counting the work done is left for then.
template <class AnyModel>
class Heartbeat {
 public:
  Heartbeat(const Workload& workload, const AnyModel& model,
            const std::function<void(const Progress&)>& report, bool restarted)
      : workload_(workload),
        model_(model),
        report_(report),
        expected_(work_expected(workload, model)),
        is_first_of_restart_(restarted) {}

  void operator()(SimTime now, std::uint64_t events) {
    const auto wall = std::chrono::steady_clock::now();
    if (wall - last_ < std::chrono::milliseconds(250)) return;
    last_ = wall;
    const double fraction =
        std::visit([&](const auto& work) { return fraction_of(work, now); }, workload_.die_work());
    // The first call comes soon after the checkpoint was read.
    if (std::exchange(is_first_of_restart_, false)) fraction_before_ = std::max(0.0, fraction);
    report_({static_cast<double>(now.ps) * 1e-12, events, fraction, fraction_before_});
  }

 private:
  double fraction_of_work() const {
    return expected_ == 0 ? -1.0 : static_cast<double>(work_done(model_)) / static_cast<double>(expected_);
  }
  double fraction_of(const io::Programs&, SimTime) const { return fraction_of_work(); }
  double fraction_of(const io::Execution&, SimTime) const { return fraction_of_work(); }
  double fraction_of(const net::Traffic& traffic, SimTime now) const {
    const auto end = static_cast<double>((traffic.inject_until() * model_.fabric().timing.cycle).ps);
    return std::min(1.0, static_cast<double>(now.ps) / end);
  }

  const Workload& workload_;
  const AnyModel& model_;
  const std::function<void(const Progress&)>& report_;
  std::uint64_t expected_;
  bool is_first_of_restart_;
  double fraction_before_ = 0;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace hecaton::runs
