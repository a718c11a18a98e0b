// The tables that say what is simulated: each belongs to one kind of deck.
#include <algorithm>

#include "core/training/method.hpp"
#include "io/deck/presets.hpp"
#include "io/deck/registry_entry.hpp"

namespace hecaton::io {
namespace {

ChoiceType method_choice() {
  ChoiceType choice;
  for (const training::MethodInfo& method : training::methods()) choice.names.push_back(method.name);
  return choice;
}

Table training_table() {
  return table(
      "training", "The training step.", for_training,
      {key(
           "model", ChoiceType{preset_names("training.model")}, "", Tag::assumed, for_training,
           "A model by name, or a table [training.model] with its shapes.",
           [](auto& d) -> auto& { return d.training.model.name; }),
       key(
           "method", method_choice(), "", Tag::assumed, for_training,
           "How the work is divided among the dies.", [](auto& d) -> auto& { return d.training.method; }),
       key(
           "batch_sequences", IntegerType{1, million}, "sequences", Tag::assumed, for_training,
           "Sequences of one step.", [](auto& d) -> auto& { return d.training.batch_sequences; }),
       key(
           "sequence_length", IntegerType{1, 16 * million}, "tokens", Tag::assumed, for_training,
           "Tokens of one sequence.", [](auto& d) -> auto& { return d.training.sequence_length; }),
       key(
           "minibatch_tokens", IntegerType{0, 4000 * million}, "tokens", Tag::assumed, for_training,
           "Tokens of one mini-batch, whole sequences; 0: chosen from the activation buffer.",
           [](auto& d) -> auto& { return d.training.minibatch_tokens; }),
       key(
           "fusion", IntegerType{0, 100000}, "layers", Tag::assumed, for_training,
           "Layers of one fused group; 0: as many as the weight buffer holds; 1: no fusion.",
           [](auto& d) -> auto& { return d.training.fusion; }),
       key(
           "overlap", BooleanType{}, "", Tag::assumed, for_training,
           "DRAM transfers overlap with work on the package.",
           [](auto& d) -> auto& { return d.training.overlap; }),
       key(
           "broadcast", choice_of<training::Broadcast>(), "", Tag::assumed, for_training,
           "How methods that broadcast do it (optimus): along a binary tree, or in chunks from die to die.",
           [](auto& d) -> auto& { return d.training.broadcast; }),
       key(
           "broadcast_chunks", IntegerType{1, 65536}, "", Tag::assumed, for_training,
           "Chunks of a pipelined broadcast.", [](auto& d) -> auto& { return d.training.broadcast_chunks; }),
       key(
           "optimizer", choice_of<training::Optimizer>(), "", Tag::assumed, for_training,
           "State in DRAM per weight: a master weight of 4 bytes, and for adam two moments.",
           [](auto& d) -> auto& { return d.training.optimizer; }),
       key(
           "attention", choice_of<training::Attention>(), "", Tag::assumed, for_training,
           "Methods with 2D tiles (hecaton, optimus): by-sequence: rows of dies hold whole sequences, so "
           "attention "
           "exchanges nothing; by-head: all-to-alls along columns give every die some heads of all tokens, "
           "so "
           "there may be fewer sequences than rows.",
           [](auto& d) -> auto& { return d.training.attention; }),
       key(
           "recompute", BooleanType{}, "", Tag::assumed, for_training,
           "Backward computes the activations of a layer again from its input, in place of reading them.",
           [](auto& d) -> auto& { return d.training.recompute; })});
}

Table model_table() {
  return table(
      "training.model",
      "The shapes of the model, in place of its name under [training]; a known model's name fills them.",
      for_training,
      {key(
           "name", TextType{}, "", Tag::assumed, for_training,
           "A known model, or any name for a table that gives all shapes.",
           [](auto& d) -> auto& { return d.training.model.name; }),
       key(
           "hidden", IntegerType{1, million}, "", Tag::assumed, for_training, "Hidden size.",
           [](auto& d) -> auto& { return d.training.model.hidden; }),
       key(
           "ffn", IntegerType{1, 16 * million}, "", Tag::assumed, for_training,
           "Inner size of the feed-forward network.", [](auto& d) -> auto& { return d.training.model.ffn; }),
       key(
           "heads", IntegerType{1, 65536}, "", Tag::assumed, for_training, "Attention heads.",
           [](auto& d) -> auto& { return d.training.model.heads; }),
       key(
           "kv_heads", IntegerType{1, 65536}, "", Tag::assumed, for_training,
           "Key/value heads; fewer than heads: grouped-query attention.",
           [](auto& d) -> auto& { return d.training.model.kv_heads; }),
       key(
           "layers", IntegerType{1, 10000}, "", Tag::assumed, for_training, "Layers.",
           [](auto& d) -> auto& { return d.training.model.layers; }),
       key(
           "vocabulary", IntegerType{1, 16 * million}, "", Tag::assumed, for_training, "Vocabulary size.",
           [](auto& d) -> auto& { return d.training.model.vocabulary; }),
       key(
           "gated", BooleanType{}, "", Tag::assumed, for_training,
           "The feed-forward network has a gate: three matrices instead of two.",
           [](auto& d) -> auto& { return d.training.model.gated; }),
       key(
           "tied", BooleanType{}, "", Tag::assumed, for_training,
           "The output head and the embedding table are one matrix.",
           [](auto& d) -> auto& { return d.training.model.tied; }),
       key(
           "experts", IntegerType{1, 65536}, "", Tag::assumed, for_training,
           "Feed-forward networks of every layer; 1: no mixture of experts.",
           [](auto& d) -> auto& { return d.training.model.experts; }),
       key(
           "experts_per_token", IntegerType{1, 65536}, "", Tag::assumed, for_training,
           "Experts that a token passes.",
           [](auto& d) -> auto& { return d.training.model.experts_per_token; }),
       key(
           "operators", list_type<training::OperatorConfig>(operator_list_form), "", Tag::assumed,
           for_training,
           "What a layer is made of, in order; shapes that an operator does not give are those of the model.",
           [](auto& d) -> auto& { return d.training.model.operators; })});
}

Table collective_table() {
  return table(
      "collective", "The collective operation.", for_collective,
      {key(
           "operation", choice_of<training::CollectiveOperation>(), "", Tag::assumed, for_collective,
           "What the dies of a group do together.", [](auto& d) -> auto& { return d.collective.operation; }),
       key(
           "algorithm", choice_of<training::CollectiveAlgorithm>(), "", Tag::assumed, for_collective,
           "ring: what suits group and topology; naive-ring: neighbours, and the last back to the first; "
           "bypass-ring: 0, 2, 4, ..., 5, 3, 1; hamiltonian-ring: a cycle over the package; torus-ring: "
           "rings along "
           "rows and columns of the package, one axis at a time; tree: broadcast and reduce; "
           "halving-doubling: "
           "all but those and all-to-all; direct: all-to-all. Rings pass a broadcast or reduction on in "
           "chunks.",
           [](auto& d) -> auto& { return d.collective.algorithm; }),
       key(
           "group", choice_of<training::CollectiveGroup>(), "", Tag::assumed, for_collective,
           "Which dies form a ring: those of each row, of each column, or all.",
           [](auto& d) -> auto& { return d.collective.group; }),
       key(
           "bytes", IntegerType{1, 0xffffffff}, "bytes", Tag::assumed, for_collective,
           "The whole payload: what every die holds after an all-gather.",
           [](auto& d) -> auto& { return d.collective.bytes; }),
       key(
           "root", IntegerType{0, largest_mesh - 1}, "die", Tag::assumed, for_collective,
           "Of a broadcast or reduction: its place in the group, in the order of the algorithm.",
           [](auto& d) -> auto& { return d.collective.root; }),
       key(
           "chunks", IntegerType{1, 65536}, "", Tag::assumed, for_collective,
           "Chunks of a broadcast or reduction along a ring; parts of a die's chunk of form = \"chunked\".",
           [](auto& d) -> auto& { return d.collective.chunks; }),
       key(
           "form", choice_of<training::CollectiveForm>(), "", Tag::assumed, for_collective,
           "When a die begins a step: as soon as what it sends is there; not before step x step_ns; or part "
           "by part, "
           "as soon as a part is there (along rings).",
           [](auto& d) -> auto& { return d.collective.form; }),
       key(
           "step_ns", RealType{0, 1e9}, "ns", Tag::assumed, for_collective,
           "form = \"step-synchronous\": from step to step; the time of the slowest.",
           [](auto& d) -> auto& { return d.collective.step_ns; })});
}

constexpr std::string_view trace_file_form = "the name of a file; empty: none";

std::string problem_of_path(std::string_view text) {
  const bool printable = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
  return printable && text.size() <= 4096 ? "" : "no file has such a name";
}

Table traffic_table() {
  return table(
      "traffic", "Synthetic packets.", for_traffic,
      {key(
           "pattern", choice_of<net::TrafficPattern>(), "", Tag::assumed, for_traffic,
           "Who sends to whom; trace: as traffic.trace_file says.",
           [](auto& d) -> auto& { return d.traffic.pattern; }),
       key(
           "injection_rate", RealType{0, 1}, "flits per die and cycle", Tag::assumed, for_traffic,
           "Offered load.", [](auto& d) -> auto& { return d.traffic.injection_rate; }),
       key(
           "injection", choice_of<net::Injection>(), "", Tag::assumed, for_traffic,
           "bernoulli: each cycle a packet or none, whatever was before; bursty: bursts and pauses of "
           "random length.",
           [](auto& d) -> auto& { return d.traffic.injection; }),
       key(
           "burst_packets", RealType{1, 1e6}, "", Tag::assumed, for_traffic,
           "Bursty injection: packets of a burst, on average.",
           [](auto& d) -> auto& { return d.traffic.burst_packets; }),
       key(
           "burst_rate", RealType{0.000001, 1}, "flits per die and cycle", Tag::assumed, for_traffic,
           "Bursty injection: load during a burst; the pauses bring it down to injection_rate.",
           [](auto& d) -> auto& { return d.traffic.burst_rate; }),
       key(
           "trace_file", ListType{trace_file_form, &problem_of_path}, "", Tag::assumed, for_traffic,
           "pattern = \"trace\": a CSV file with the columns time_ns, source, destination, bytes; from "
           "the folder of the deck. Every rank reads it.",
           [](auto& d) -> auto& { return d.traffic.trace_file; }),
       key(
           "packet_flits", IntegerType{1, 65536}, "flits", Tag::assumed, for_traffic, "Length of a packet.",
           [](auto& d) -> auto& { return d.traffic.packet_flits; }),
       key(
           "warmup_cycles", IntegerType{0, 1000 * million}, "cycles", Tag::assumed, for_traffic,
           "Not measured, at the start.", [](auto& d) -> auto& { return d.traffic.warmup_cycles; }),
       key(
           "measure_cycles", IntegerType{1, 1000 * million}, "cycles", Tag::assumed, for_traffic,
           "Packets created in this window are measured.",
           [](auto& d) -> auto& { return d.traffic.measure_cycles; }),
       key(
           "drain_cycles", IntegerType{0, 1000 * million}, "cycles", Tag::assumed, for_traffic,
           "Injection goes on for so long after the measuring window.",
           [](auto& d) -> auto& { return d.traffic.drain_cycles; }),
       key(
           "seed", IntegerType{0, INT64_MAX}, "", Tag::assumed, for_traffic, "Of the random streams.",
           [](auto& d) -> auto& { return d.traffic.seed; }),
       key(
           "hotspot_die", IntegerType{0, largest_mesh - 1}, "die", Tag::assumed, for_traffic,
           "pattern = \"hotspot\": where every packet goes.",
           [](auto& d) -> auto& { return d.traffic.hotspot_die; })});
}

}  // namespace

std::vector<Table> workload_tables() {
  return {training_table(), model_table(), collective_table(), traffic_table()};
}

}  // namespace hecaton::io
