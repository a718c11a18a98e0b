// Steps to be verified: small decks of every method, and what of them is spoilt.
#pragma once

#include <boost/mpi/collectives.hpp>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "runs/verify/verifiable.hpp"
#include "runs/verify/verify.hpp"
#include "runs/wiring/workload.hpp"
#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test {

inline constexpr Model two_layers{"two-layers", 48, 96, 24, 24, 2, 96, true};
inline constexpr Model grouped_heads{"grouped", 32, 64, 16, 4, 2, 64, false};
inline constexpr Model in_nines{"nines", 54, 108, 18, 9, 2, 90, true};
inline constexpr Model uneven_words{"uneven", 32, 64, 16, 4, 2, 61, true};

// An operator of a layer: attention, or as many networks.
struct Part {
  std::int64_t heads = 0, kv_heads = 0;
  std::int64_t ffn = 0, experts = 1, per_token = 1;
  bool gated = true;
  std::int64_t head_dim = 0;  // 0: hidden / heads
};

struct Case {
  const char* method;
  std::uint32_t rows, columns;
  Model model = grouped_heads;
  const char* more = "";  // of [training], last in the deck's table of it
  double buffer_MiB = 16;
  const char* of_model = "";     // last in the table [training.model]
  std::vector<Part> parts = {};  // of a layer, if that names a list
  double weight_buffer_MiB = 0;  // if not as large as the other
  const char* collectives = "paper";
};

inline std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.method << " on " << c.rows << " x " << c.columns << c.more << c.of_model << c.collectives;
}

inline std::string deck_text(const Case& c) {
  TrainingDeck deck;
  deck.model = c.model;
  deck.method = c.method;
  deck.rows = c.rows;
  deck.columns = c.columns;
  deck.batch = c.rows == 3 ? 6 : 8;
  deck.sequence = c.rows == 3 ? 6 : 4;
  deck.minibatch_tokens = deck.batch * deck.sequence / 2;  // two mini-batches
  deck.buffer_MiB = c.buffer_MiB;
  deck.weight_buffer_MiB = c.weight_buffer_MiB;
  deck.burst_bytes = 4096;
  std::string text = text_of(deck);
  const std::string at = "overlap = true\n";
  text.insert(text.find(at) + at.size(), std::string(c.more) + "collectives = \"" + c.collectives + "\"\n");
  // Ranks are the further ahead of each other the longer links take; what is computed does not depend on it.
  const std::string link = "[link]\n";
  text.insert(text.find(link) + link.size(), "latency_ns = 100\n");
  return text + c.of_model;
}

// Ends of [training.model]: a mixture of experts; a list with operators of all kinds.
inline const char* const mixture = "experts = 4\nexperts_per_token = 2\n";
inline const char* const all_kinds =
    "operators = \"experts: experts 4, experts_per_token 3, gated 1; attention; feed-forward; "
    "experts: experts 8, experts_per_token 4, ffn 32; attention: kv_heads 16\"\n";

inline boost::mpi::communicator world() {
  return {MPI_COMM_WORLD, boost::mpi::comm_duplicate};
}

inline runs::Findings verified(const io::Deck& deck, const runs::VerifyOptions& options = {}) {
  const runs::Workload workload(deck);
  runs::check_verifiable(workload);
  return runs::verify(workload, options, world());
}

}  // namespace hecaton::test
