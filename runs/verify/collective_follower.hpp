// Follows the numbers of one die in a collective alone: what it starts with, what it puts into messages and finds in
// them, and what it ends with. Nothing is computed ahead: a number that has not come to this die cannot be sent on.
//
// Every die contributes a number per element of the payload, drawn from the seed; of an all-to-all elements are those of all
// dies' payloads, one after another. After the run each die must hold what
// the operation promises, summed up here without any schedule.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/chiplet/dies/die.hpp"
#include "core/training/model/config.hpp"
#include "runs/verify/die/findings.hpp"
#include "runs/verify/layout/collective_layout.hpp"
#include "runs/verify/mailbox.hpp"

namespace hecaton::runs {

// A die's group, in the order of the places that roots count.
struct CollectiveGroupOfDie {
  std::vector<std::uint32_t> dies;
  std::uint32_t place = 0;  // of this die
  std::shared_ptr<const std::vector<std::uint32_t>>
      owner;  // by element: the place that starts, or ends, with it
};

struct CollectiveRole {
  NodeId die;
  training::CollectiveConfig config;
  CollectiveLayout layout;
  CollectiveGroupOfDie group;
  std::uint64_t seed = 1;
};

class CollectiveFollower {
 public:
  CollectiveFollower(CollectiveRole role, Mailbox& mailbox);  // `mailbox` outlives this

  // Told by the die; see chiplet::ObservedHost.
  void multiply(const chiplet::Work&) {}
  void touch(const chiplet::Work&) {}
  void begin(const chiplet::Work&) {}
  void send(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step,
            const chiplet::Message& message);
  void receive(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step,
               std::uint64_t tag);
  void end(const chiplet::Work&) {}

  // After the run.
  Findings finish();

 private:
  bool starts_with(std::uint64_t element) const;
  bool ends_with(std::uint64_t element) const;
  Number expected(std::uint64_t element) const;
  bool is_all_to_all() const { return role_.config.operation == training::CollectiveOperation::all_to_all; }
  bool fits(const Pieces& pieces, std::uint64_t elements, std::uint32_t step);
  std::string at(std::uint64_t element) const;

  CollectiveRole role_;
  Mailbox* mailbox_;
  DieFindings findings_;
  Numbers values_;
  std::vector<bool> has_;
};

}  // namespace hecaton::runs
