// What is trained, and how: plain values as a deck gives them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::training {

__extension__ using Wide = unsigned __int128;  // a count of a whole step, which 64 bits may not hold

// What a layer is made of. Each works on the residual stream: a norm, the operator, and its result is added.
enum class OperatorKind : std::uint8_t { attention, feed_forward, experts };
constexpr auto enum_names(std::type_identity<OperatorKind>) {
  using enum OperatorKind;
  return named<OperatorKind>(
      {{attention, "attention"}, {feed_forward, "feed-forward"}, {experts, "experts"}});
}

// An operator of a layer as a deck names it: a shape of 0, and a gate of -1, is that of the model.
struct OperatorConfig {
  OperatorKind kind = OperatorKind::attention;
  std::uint32_t heads = 0, kv_heads = 0, head_dim = 0;
  std::uint32_t ffn = 0;
  std::uint32_t experts = 0, experts_per_token = 0;
  std::int32_t gated = -1;
  std::uint32_t idle_experts = 0;     // of a padded operator: so many of its experts get no tokens
  std::uint32_t projection_pads = 0;  // likewise: inputs of the projection after attention
  bool operator==(const OperatorConfig&) const = default;
};

// A model by its public shapes. What is planned is the list of operators that follows from them
// (operators.hpp).
struct ModelConfig {
  std::string name = "tinyllama-1.1b";
  std::uint32_t hidden = 2048;
  std::uint32_t ffn = 5632;
  std::uint32_t heads = 32;
  std::uint32_t kv_heads = 4;
  std::uint32_t layers = 22;
  std::uint32_t vocabulary = 32000;
  bool gated = true;
  bool tied = false;                    // the output head is the embedding table
  std::uint32_t experts = 1;            // feed-forward networks of every layer; 1: no mixture of experts
  std::uint32_t experts_per_token = 1;  // that a token passes
  // Of a layer; none: attention, and a feed-forward network or experts.
  std::vector<OperatorConfig> operators = {};
  std::uint32_t head_dim = 0;  // features of a head; 0: hidden / heads
  bool soft_cap = false;       // scores and logits pass a tanh that bounds them
  bool operator==(const ModelConfig&) const = default;
};

// How methods that broadcast do it: along a binary tree, or in chunks from die to die.
enum class Broadcast : std::uint8_t { tree, pipelined };
constexpr auto enum_names(std::type_identity<Broadcast>) {
  using enum Broadcast;
  return named<Broadcast>({{tree, "tree"}, {pipelined, "pipelined"}});
}

enum class Optimizer : std::uint8_t { adam, sgd };
constexpr auto enum_names(std::type_identity<Optimizer>) {
  using enum Optimizer;
  return named<Optimizer>({{adam, "adam"}, {sgd, "sgd"}});
}

// Where methods that tile in two dimensions compute attention: on dies that hold whole sequences of some
// heads, or on all dies, each with some heads of all tokens.
enum class Attention : std::uint8_t { by_sequence, by_head };
constexpr auto enum_names(std::type_identity<Attention>) {
  using enum Attention;
  return named<Attention>({{by_sequence, "by-sequence"}, {by_head, "by-head"}});
}

// Whether words that nothing stands for make the vocabulary as large as method and mesh need it.
enum class VocabularyPadding : std::uint8_t { none, automatic };
constexpr auto enum_names(std::type_identity<VocabularyPadding>) {
  using enum VocabularyPadding;
  return named<VocabularyPadding>({{none, "none"}, {automatic, "auto"}});
}

// What becomes of a number that a method cuts over dies and that leaves a remainder: it is padded unless the method can
// do uneven shares; it is padded so that all shares are equal; the deck is refused.
enum class Uneven : std::uint8_t { automatic, pad, refuse };
constexpr auto enum_names(std::type_identity<Uneven>) {
  using enum Uneven;
  return named<Uneven>({{automatic, "auto"}, {pad, "pad"}, {refuse, "refuse"}});
}

// What of a model is trained: all of it that is not frozen, adapters beside
// frozen weights, or the output head alone.
enum class Train : std::uint8_t { all, adapters, head };
constexpr auto enum_names(std::type_identity<Train>) {
  using enum Train;
  return named<Train>({{all, "all"}, {adapters, "adapters"}, {head, "head"}});
}

// Operators whose linear layers have adapters.
enum class AdapterOn : std::uint8_t { all, attention, feed_forward };
constexpr auto enum_names(std::type_identity<AdapterOn>) {
  using enum AdapterOn;
  return named<AdapterOn>(
      {{all, "attention, feed-forward"}, {attention, "attention"}, {feed_forward, "feed-forward"}});
}

// How the collectives of a step are done: as the method's paper draws them; as takes least by closed forms; or by name,
// every one that fits (step_collectives.hpp).
enum class Collectives : std::uint8_t {
  paper,
  automatic,
  both_directions,
  all_axes,
  all_axes_both_directions,
  halving_doubling
};
constexpr auto enum_names(std::type_identity<Collectives>) {
  using enum Collectives;
  return named<Collectives>({{paper, "paper"},
                             {automatic, "auto"},
                             {both_directions, "both-directions"},
                             {all_axes, "all-axes"},
                             {all_axes_both_directions, "all-axes-both-directions"},
                             {halving_doubling, "halving-doubling"}});
}
// Whether exchanges of all dies go along rows and columns at once.
constexpr bool goes_over_all_axes(Collectives how) {
  return how == Collectives::all_axes || how == Collectives::all_axes_both_directions;
}

struct TrainingConfig {
  ModelConfig model;
  std::string method = "hecaton";  // one of methods() in method.hpp
  std::uint32_t batch_sequences = 8;
  std::uint32_t sequence_length = 2048;
  std::uint32_t minibatch_tokens = 0;  // 0: chosen from the activation buffer
  std::uint32_t fusion = 0;  // layers per fused group; 0: as many as the weight buffer holds; 1: no fusion
  bool overlap = true;       // DRAM transfers overlap with on-package work
  Broadcast broadcast = Broadcast::tree;
  std::uint32_t broadcast_chunks = 8;
  Collectives collectives = Collectives::paper;
  Optimizer optimizer = Optimizer::adam;
  Attention attention = Attention::by_sequence;
  bool recompute = false;              // backward computes a layer's activations again from its input
  bool causal = false;                 // attention of a token to itself and those before it alone (mask.hpp)
  std::uint32_t window = 0;            // causal: so many of these, itself among them; 0: all
  std::uint32_t attention_tile = 128;  // causal: queries, and keys, of a tile of scores
  Uneven uneven = Uneven::automatic;
  // Words may be padded even where all else that is uneven is refused.
  VocabularyPadding vocabulary_padding = VocabularyPadding::none;
  Train train = Train::all;         // trained.hpp
  std::uint32_t frozen_layers = 0;  // so many from the first on, and the embedding table with them
  std::uint32_t adapter_rank = 0;   // of an adapter for each matrix
  AdapterOn adapter_on = AdapterOn::all;
};

// A collective alone, to be compared with its closed form.
enum class CollectiveOperation : std::uint8_t {
  all_gather,
  reduce_scatter,
  all_reduce,
  broadcast,
  reduce,
  all_to_all
};
constexpr auto enum_names(std::type_identity<CollectiveOperation>) {
  using enum CollectiveOperation;
  return named<CollectiveOperation>({{all_gather, "all-gather"},
                                     {reduce_scatter, "reduce-scatter"},
                                     {all_reduce, "all-reduce"},
                                     {broadcast, "broadcast"},
                                     {reduce, "reduce"},
                                     {all_to_all, "all-to-all"}});
}

enum class CollectiveAlgorithm : std::uint8_t {
  ring,  // what suits group and topology
  naive_ring,
  bypass_ring,
  hamiltonian_ring,
  torus_ring,
  tree,
  halving_doubling,
  direct,
  star,
  two_phase,
  swing,
  automatic  // which one is chosen when a package is there to ask
};
constexpr auto enum_names(std::type_identity<CollectiveAlgorithm>) {
  using enum CollectiveAlgorithm;
  return named<CollectiveAlgorithm>({{ring, "ring"},
                                     {naive_ring, "naive-ring"},
                                     {bypass_ring, "bypass-ring"},
                                     {hamiltonian_ring, "hamiltonian-ring"},
                                     {torus_ring, "torus-ring"},
                                     {tree, "tree"},
                                     {halving_doubling, "halving-doubling"},
                                     {direct, "direct"},
                                     {star, "star"},
                                     {two_phase, "two-phase"},
                                     {swing, "swing"},
                                     {automatic, "auto"}});
}

enum class CollectiveGroup : std::uint8_t { rows, columns, package };
constexpr auto enum_names(std::type_identity<CollectiveGroup>) {
  using enum CollectiveGroup;
  return named<CollectiveGroup>({{rows, "rows"}, {columns, "columns"}, {package, "package"}});
}

// When a step begins: as soon as what it sends is there; at equal intervals; or, part by part of what it
// sends.
enum class CollectiveForm : std::uint8_t { self_timed, step_synchronous, chunked };
constexpr auto enum_names(std::type_identity<CollectiveForm>) {
  using enum CollectiveForm;
  return named<CollectiveForm>(
      {{self_timed, "self-timed"}, {step_synchronous, "step-synchronous"}, {chunked, "chunked"}});
}

// Whether a collective over the package goes round one ring, or along rows and columns at once.
enum class CollectiveAxes : std::uint8_t { one, all };
constexpr auto enum_names(std::type_identity<CollectiveAxes>) {
  using enum CollectiveAxes;
  return named<CollectiveAxes>({{one, "one"}, {all, "all"}});
}

struct CollectiveConfig {
  CollectiveOperation operation = CollectiveOperation::all_gather;
  CollectiveAlgorithm algorithm = CollectiveAlgorithm::ring;
  CollectiveGroup group = CollectiveGroup::rows;
  std::uint64_t bytes = 1048576;  // the whole payload: what every die holds after an all-gather
  std::uint32_t root = 0;         // of a broadcast or reduction: place in the order of the algorithm
  std::uint32_t chunks = 8;  // of a broadcast or reduction along a ring; parts of a chunk of the chunked form
  CollectiveForm form = CollectiveForm::self_timed;
  double step_ns = 0;            // of the step-synchronous form
  std::uint32_t directions = 1;  // ways round a ring, over which the payload is cut
  CollectiveAxes axes = CollectiveAxes::one;
};

}  // namespace hecaton::training
