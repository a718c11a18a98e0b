// A training step followed with real numbers: the same programs, places and packets as a run's, and in every
// message what it would hold, from words to weight gradients. What each die computes is compared with a dense
// step.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/chiplet/dies/die.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/training/model/config.hpp"
#include "runs/verify/die/findings.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

struct VerifyOptions {
  std::string partition = "block";
  std::uint64_t seed = 1;
  // For tests: spoil what the dies are told, to see that it is noticed.
  std::function<void(std::vector<chiplet::Program>&)> spoil_programs;
  std::function<void(chiplet::DieSetup&)> spoil_places;
  std::function<void(training::TrainingConfig&)> spoil_shapes;  // what they take for real, and not for pads
};

// Of a training step, or of a collective alone (collective_verify.hpp).
// Collective; the same on every rank. `workload` has passed check_verifiable() (verifiable.hpp). Throws
// std::runtime_error if programs can not go on.
Findings verify(const Workload& workload, const VerifyOptions& options,
                const boost::mpi::communicator& world);

}  // namespace hecaton::runs
