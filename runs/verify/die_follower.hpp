// Follows what a die computes, operation by operation beside its program: what it multiplies, what it does
// alone, what it puts into messages and what it finds in them. A step goes from words to weight gradients
// without a break: each operation starts from what the one before it left on this die.
//
// This class only says which part does an operation, by the operation's meaning (core/training/plan); the
// parts are in runs/verify/die.
#pragma once

#include <cstdint>
#include <memory>

#include "core/chiplet/dies/die.hpp"
#include "runs/verify/dense/padded_step.hpp"
#include "runs/verify/die/findings.hpp"
#include "runs/verify/die/places.hpp"
#include "runs/verify/mailbox.hpp"

namespace hecaton::runs {

class DieFollower {
 public:
  // `dense` and `mailbox` must outlive this.
  DieFollower(DieRole role, const PaddedStep& dense, Mailbox& mailbox);
  ~DieFollower();
  DieFollower(DieFollower&&) noexcept;
  DieFollower& operator=(DieFollower&&) noexcept;

  // Told by the die; see chiplet::ObservedHost.
  void multiply(const chiplet::Work& work);
  void touch(const chiplet::Work& work);
  void begin(const chiplet::Work& work);
  void send(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step,
            const chiplet::Message& message);
  void receive(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step,
               std::uint64_t tag);
  void end(const chiplet::Work& work);

  // After the run, when weight gradients are complete.
  Findings finish();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  Mailbox* mailbox_;
};

}  // namespace hecaton::runs
