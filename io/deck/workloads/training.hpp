// The workload "training": one step of a model, by a training method.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/engine/base/fields.hpp"
#include "core/training/model/config.hpp"
#include "io/deck/workloads/cost_summary.hpp"
#include "io/deck/workloads/energy_summary.hpp"
#include "io/deck/workloads/kind_members.hpp"
#include "io/deck/workloads/large_count.hpp"
#include "io/deck/workloads/sampling_summary.hpp"

namespace hecaton::io {

// What had to be padded, and which shares of what was done were for pads.
struct PaddingSummary {
  std::string shapes;       // "heads 28 to 32, words of the vocabulary 61 to 64"; or none
  double flops_share = 0;   // of `flops` of the step
  double nop_share = 0;     // of bytes sent by collectives
  double memory_share = 0;  // of weights, and features that are saved

  static constexpr auto fields() {
    using P = PaddingSummary;
    return FieldList(field<&P::shapes>("shapes"), field<&P::flops_share>("flops_share"),
                     field<&P::nop_share>("nop_share"), field<&P::memory_share>("memory_share"));
  }
};
static_assert(lists_every_member<PaddingSummary>);

struct TrainingSummary {
  std::string model;
  std::string method;
  double step_s = 0;  // until the last die's program ended
  double tokens_per_s = 0;
  // Where the dies' programs spent the step, as a mean over dies: the matrix and vector units at work,
  // standing still for a collective, standing still for DRAM. What is missing to step_s a die waited after
  // its program had ended.
  double compute_s = 0;
  double nop_s = 0;
  double dram_s = 0;
  double mfu = 0;                // the model's useful FLOPs over peak rate x dies x step_s
  double nop_bytes_per_die = 0;  // sent by collectives at the die's interface, mean over dies
  LargeCount dram_bytes;         // read and written, whole package
  LargeCount flops;  // done by the matrix engines, recomputation included: 2 per multiply-accumulate
  EnergySummary energy_J;
  double energy_per_token_J = 0;
  CostSummary cost;
  // The most that the buffers of any die have held at any time.
  std::uint64_t activation_peak_bytes = 0;
  std::uint64_t weight_peak_bytes = 0;
  std::uint64_t trained_weights = 0;  // of those that are simulated
  PaddingSummary padding;
  SamplingSummary sampling;

  static constexpr auto fields() {
    using T = TrainingSummary;
    return FieldList(field<&T::model>("model"), field<&T::method>("method"), field<&T::step_s>("step_s", "s"),
                     field<&T::tokens_per_s>("tokens_per_s", "1/s"), field<&T::compute_s>("compute_s", "s"),
                     field<&T::nop_s>("nop_s", "s"), field<&T::dram_s>("dram_s", "s"), field<&T::mfu>("mfu"),
                     field<&T::nop_bytes_per_die>("nop_bytes_per_die", "B"),
                     field<&T::dram_bytes>("dram_bytes", "B"), field<&T::flops>("flops"),
                     field<&T::energy_per_token_J>("energy_per_token_J", "J"),
                     field<&T::activation_peak_bytes>("activation_peak_bytes", "B"),
                     field<&T::weight_peak_bytes>("weight_peak_bytes", "B"),
                     field<&T::trained_weights>("trained_weights"), field<&T::energy_J>("energy_J", "J"),
                     field<&T::cost>("cost"), field<&T::padding>("padding"), field<&T::sampling>("sampling"));
  }
};
static_assert(lists_every_member<TrainingSummary>);

ReportLines lines_of(const TrainingSummary& summary);
// The same step with its actions at other energies.
void set_energy(TrainingSummary& summary, const EnergySummary& energy_J);

struct TrainingKind {
  using Config = training::TrainingConfig;
  using Summary = TrainingSummary;
  static constexpr std::string_view name = "training";
  static constexpr std::string_view text = "one step of a model";
  static constexpr WorkloadTraits traits{
      .runs_programs = true, .computes = true, .can_be_sampled = true, .can_be_verified = true};

  static void set_hardware_defaults(Deck& deck);
  static std::vector<Table> tables();
  static void prepare(Deck& deck, std::span<const Entry> entries, const std::filesystem::path& folder);
  static void complete(Deck& deck, const std::filesystem::path& folder);
  static void check(const Deck& deck, const Refuser& refuse);
  static const net::TrafficConfig* packets(const Deck&) { return nullptr; }
  static DieWork die_work(const Deck& deck);
  static Summary summarise(const Deck& deck, const Outcome& outcome);
};

}  // namespace hecaton::io
