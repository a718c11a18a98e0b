// What every method produces: one compact program per die role.
//
// A plan is pure data: no time, no network, no ranks. Whoever runs it gives each die its place in the rings
// that its program uses. Dies are numbered in row-major order.
//
// Invariants: `role_of_die` has one entry per die and names a role; every program passes chiplet::validate();
// the length of a program depends on the method only, never on layers, mini-batches or batch size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/chiplet/program/program.hpp"
#include "core/training/model/config.hpp"
#include "core/training/plan/division.hpp"
#include "core/training/plan/footprint.hpp"
#include "core/training/plan/meaning.hpp"

namespace hecaton::training {

struct MeshShape {
  std::uint32_t rows = 1;
  std::uint32_t columns = 1;
  std::uint64_t dies() const { return std::uint64_t{rows} * columns; }
};

// One line of what `validate` shows about a plan.
struct PlanFact {
  std::string key;
  std::string value;
  std::string unit;
};

// What padding costs of a step (padding_cost.hpp): shares of what is done, from 0 where nothing is padded to 1.
struct PaddingCost {
  double flops = 0;      // of all operations of the matrix engines
  double nop_bytes = 0;  // of what collectives send
  double memory = 0;     // of what lies in DRAM: weights, and features of what is saved
};

struct Plan {
  std::vector<chiplet::Program> roles;
  std::vector<Meanings> meanings;     // one per role, as long as its program; none for a collective alone
  std::vector<Footprint> footprints;  // of a die, one per role; none for a collective alone
  std::vector<std::uint32_t> role_of_die;
  // Useful operations of the step over the whole package, for the model FLOPs utilisation:
  //   tokens x 6 P + sequences x pairs x 12 layers x heads x head_size
  // with P the weights of all linear layers and the output head (an embedding lookup is no product), and pairs
  // the queries of a sequence times the keys that each sees: sequence_length squared, or the triangle or band
  // that a causal mask leaves (AttentionMask::pairs). Forward counts once and backward twice, of frozen layers forward
  // alone (2 of 6, and 4 of 12), of the head each gradient that something needs; recomputation,
  // what is masked in tiles that are computed, padding, and work that is done on several dies at once do not count, so
  // the operations executed are more.
  Wide model_flops = 0;
  std::uint64_t parameters = 0;  // that are simulated: of layers, adapters, output head and embedding table
  std::uint64_t trained = 0;     // of these, weights that are trained
  std::uint64_t tokens = 0;      // of the step, without those that pad
  std::uint64_t minibatch_tokens = 0;  // of one mini-batch, with those that pad
  Divisions padding;                   // of the numbers that are padded
  PaddingCost padding_cost;
  std::vector<PlanFact> facts;
};

}  // namespace hecaton::training
