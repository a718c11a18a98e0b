// Small training decks, written as a user would.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace hecaton::test {

struct Model {
  const char* name = "small";
  std::uint32_t hidden = 256, ffn = 704, heads = 8, kv_heads = 4, layers = 2, vocabulary = 1000;
  bool gated = true;
};

struct TrainingDeck {
  Model model{};
  const char* method = "hecaton";
  std::uint32_t rows = 4, columns = 4;
  std::uint32_t batch = 8, sequence = 64, minibatch_tokens = 256;
  bool overlap = true;
  double bandwidth_GBps = 64;
  double buffer_MiB = 16;
  double weight_buffer_MiB = 0;  // 0: as large as the other
  std::uint32_t channels = 0;
  std::uint32_t burst_bytes = 262144;
  double channel_GBps = 51.2;
  std::string more{};  // further tables
};

inline std::string text_of(const TrainingDeck& d) {
  const Model& m = d.model;
  return fmt::format(
      "[workload]\nkind = \"training\"\n"
      "[package]\nrows = {}\ncolumns = {}\ntopology = \"bypass-ring\"\n"
      "[link]\nbandwidth_GBps = {}\n"
      "[die]\nweight_buffer_MiB = {}\nactivation_buffer_MiB = {}\nvector_GBps = 512\n"
      "[memory]\nchannels = {}\nburst_bytes = {}\nbandwidth_GBps = {}\n"
      "[training]\nmethod = \"{}\"\nbatch_sequences = {}\nsequence_length = {}\nminibatch_tokens = {}\n"
      "overlap = {}\n"
      "[training.model]\nname = \"{}\"\nhidden = {}\nffn = {}\nheads = {}\nkv_heads = {}\nlayers = {}\n"
      "vocabulary = {}\ngated = {}\n{}",
      d.rows, d.columns, d.bandwidth_GBps, d.weight_buffer_MiB > 0 ? d.weight_buffer_MiB : d.buffer_MiB,
      d.buffer_MiB, d.channels, d.burst_bytes, d.channel_GBps, d.method, d.batch, d.sequence,
      d.minibatch_tokens, d.overlap, m.name, m.hidden, m.ffn, m.heads, m.kv_heads, m.layers, m.vocabulary,
      m.gated, d.more);
}

}  // namespace hecaton::test
