// Every method computes what a dense reference does, with real numbers in its messages, on any number of
// ranks; and mistakes in a schedule are noticed.
#include "runs/verify/verify.hpp"

#include <gtest/gtest.h>

#include <boost/mpi/collectives.hpp>
#include <functional>
#include <stdexcept>

#include "runs/verify/verifiable.hpp"
#include "runs/wiring/workload.hpp"
#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test {
namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;
using chiplet::Ring;
using training::Verb;

constexpr Model two_layers{"two-layers", 48, 96, 24, 24, 2, 96, true};
constexpr Model grouped_heads{"grouped", 32, 64, 16, 4, 2, 64, false};
constexpr Model in_nines{"nines", 54, 108, 18, 9, 2, 90, true};
constexpr Model uneven_words{"uneven", 32, 64, 16, 4, 2, 61, true};

// An operator of a layer: attention, or as many networks.
struct Part {
  std::int64_t heads = 0, kv_heads = 0;
  std::int64_t ffn = 0, experts = 1, per_token = 1;
  bool gated = true;
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
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.method << " on " << c.rows << " x " << c.columns << c.more << c.of_model;
}

std::string deck_text(const Case& c) {
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
  text.insert(text.find(at) + at.size(), c.more);
  // Ranks are the further ahead of each other the longer links take; what is computed does not depend on it.
  const std::string link = "[link]\n";
  text.insert(text.find(link) + link.size(), "latency_ns = 100\n");
  return text + c.of_model;
}

std::vector<Part> parts_of(const Case& c) {
  if (!c.parts.empty()) return c.parts;
  const Model& m = c.model;
  return {{m.heads, m.kv_heads}, {0, 0, m.ffn, 1, 1, m.gated}};
}

// Numbers that are looked at, or there; of a token and layer, or weights.
struct Counts {
  std::int64_t outputs = 0, gradients = 0, weights = 0;
};
// X and Y of the linear layers, scores, shares, and the stream after the operator. dX and dY, where dY of the
// last linear layer is the gradient of the stream.
Counts counts_of(const Part& p, std::int64_t hidden) {
  if (p.heads > 0) {
    const std::int64_t qkv = hidden + 2 * p.kv_heads * (hidden / p.heads);
    return {2 * hidden + qkv + 2 * hidden, 2 * hidden + qkv + hidden, hidden * (qkv + hidden)};
  }
  const std::int64_t up = p.ffn * (p.gated ? 2 : 1), between = p.per_token * (p.ffn + up);
  const std::int64_t scores = p.experts > 1 ? p.experts : 0, shares = p.experts > 1 ? p.per_token : 0;
  return {hidden + between + 2 * hidden + scores + shares, hidden + between + hidden,
          p.experts * hidden * (up + p.ffn) + hidden * scores};
}
Counts layer_of(const Case& c) {
  Counts all;
  for (const Part& part : parts_of(c)) {
    const Counts one = counts_of(part, c.model.hidden);
    all = {all.outputs + one.outputs, all.gradients + one.gradients, all.weights + one.weights};
  }
  return all;
}

boost::mpi::communicator world() {
  return {MPI_COMM_WORLD, boost::mpi::comm_duplicate};
}

runs::Findings verified(const io::Deck& deck, const runs::VerifyOptions& options = {}) {
  const runs::Workload workload(deck);
  runs::check_verifiable(workload);
  return runs::verify(workload, options, world());
}

class Verify : public ::testing::TestWithParam<Case> {};

TEST_P(Verify, ComputesWhatADenseReferenceDoes) {
  const Case& c = GetParam();
  const runs::Findings found = verified(deck_of(deck_text(c)));
  EXPECT_EQ(found.wrong, 0U) << found.first_wrong;
  EXPECT_TRUE(found.first_wrong.empty()) << found.first_wrong;
  EXPECT_LE(found.worst, 1e-10);
  // Nothing is left out: every element of every output and gradient has been looked at (those of keys and
  // values that several dies hold, on each).
  const Model& m = c.model;
  const Counts layer = layer_of(c);
  const std::int64_t tokens = c.rows == 3 ? 36 : 32;
  EXPECT_GE(whole(found.outputs), tokens * (m.layers * layer.outputs + m.hidden + m.vocabulary));
  EXPECT_GE(whole(found.input_gradients),
            tokens * (m.layers * layer.gradients + 2 * m.hidden + m.vocabulary));
  EXPECT_GE(whole(found.weight_gradients), m.layers * layer.weights + m.hidden * m.vocabulary);
}

INSTANTIATE_TEST_SUITE_P(
    Methods, Verify,
    ::testing::Values(Case{"hecaton", 2, 2}, Case{"hecaton", 2, 4}, Case{"hecaton", 4, 2},
                      Case{"hecaton", 4, 4}, Case{"hecaton", 3, 3, two_layers},
                      Case{"megatron-flat-ring", 2, 2}, Case{"megatron-flat-ring", 2, 4},
                      Case{"megatron-flat-ring", 4, 4}, Case{"megatron-torus-ring", 2, 2},
                      Case{"megatron-torus-ring", 2, 4}, Case{"megatron-torus-ring", 4, 4},
                      Case{"megatron-torus-ring", 3, 3, in_nines}, Case{"optimus", 2, 2},
                      Case{"optimus", 4, 4}, Case{"optimus", 3, 3, two_layers},
                      Case{"optimus", 4, 4, grouped_heads,
                           "broadcast = \"pipelined\"\nbroadcast_chunks = 3\n"},
                      Case{"optimus", 2, 2, grouped_heads, "", 0.0068},  // panels in blocks, token tiles
                      Case{"hecaton", 2, 2, grouped_heads, "", 0.0115},
                      Case{"hecaton", 2, 4, grouped_heads, "recompute = true\nattention = \"by-head\"\n"},
                      Case{"optimus", 2, 2, grouped_heads, "recompute = true\nattention = \"by-head\"\n"},
                      Case{"megatron-torus-ring", 2, 4, grouped_heads, "recompute = true\n"},
                      Case{"megatron-torus-ring", 2, 2, grouped_heads, "", 0.012},
                      Case{"hecaton", 4, 4, two_layers, "fusion = 2\n", 16, "tied = true\n"},
                      Case{"megatron-flat-ring", 2, 4, two_layers, "", 16, "tied = true\n"},
                      Case{"megatron-torus-ring", 2, 4, two_layers, "", 16, "tied = true\n"},
                      Case{"megatron-flat-ring", 2, 4, uneven_words, "recompute = true\n"},
                      Case{"megatron-torus-ring", 4, 2, uneven_words, ""}));

// Lists of operators, each with shapes of its own; experts by all-to-alls, and by parts of each.
const char* const list = "operators = \"feed-forward: ffn 32, gated 0; attention: heads 32, kv_heads 16\"\n";
const std::vector<Part> list_parts = {{0, 0, 32, 1, 1, false}, {32, 16}};
const char* const mixture = "experts = 4\nexperts_per_token = 2\n";
const std::vector<Part> mixture_parts = {{16, 4}, {0, 0, 64, 4, 2, false}};
const char* const all_kinds =
    "operators = \"experts: experts 4, experts_per_token 3, gated 1; attention; feed-forward; "
    "experts: experts 8, experts_per_token 4, ffn 32; attention: kv_heads 16\"\n";
const std::vector<Part> all_parts = {
    {0, 0, 64, 4, 3, true}, {16, 4}, {0, 0, 64, 1, 1, false}, {0, 0, 32, 8, 4, false}, {16, 16}};
const char* const in_threes = "operators = \"attention; experts: experts 6, experts_per_token 4, ffn 72\"\n";
const std::vector<Part> in_threes_parts = {{24, 24}, {0, 0, 72, 6, 4, true}};

INSTANTIATE_TEST_SUITE_P(
    Lists, Verify,
    ::testing::Values(
        Case{"hecaton", 2, 4, grouped_heads, "", 16, list, list_parts},
        Case{"optimus", 2, 2, grouped_heads, "", 16, list, list_parts},
        Case{"megatron-flat-ring", 2, 4, grouped_heads, "", 16, list, list_parts},
        Case{"hecaton", 2, 2, grouped_heads, "", 16, mixture, mixture_parts},
        Case{"hecaton", 2, 4, grouped_heads, "", 16, mixture, mixture_parts},
        Case{"hecaton", 4, 2, grouped_heads, "recompute = true\n", 16, mixture, mixture_parts},
        Case{"hecaton", 2, 2, grouped_heads, "", 0.0085, mixture, mixture_parts, 16},  // token tiles
        Case{"hecaton", 3, 3, two_layers, "", 16, in_threes, in_threes_parts},
        Case{"hecaton", 4, 4, grouped_heads, "", 16, all_kinds, all_parts},
        Case{"megatron-flat-ring", 2, 2, grouped_heads, "recompute = true\n", 16, mixture, mixture_parts},
        Case{"megatron-torus-ring", 2, 4, grouped_heads, "", 16, all_kinds, all_parts}));

// ---- planted mistakes

struct Mistake {
  const char* what;
  const char* method;
  std::function<void(std::vector<Program>&)> programs;
  std::function<void(chiplet::DieSetup&)> places;
  const char* of_model = "";  // as in Case
};

Op& nth_op(std::vector<Program>& programs, OpCode code, chiplet::Stage stage, int n) {
  for (Op& op : programs.at(0))
    if (op.code == code && op.stage == stage && n-- == 0) return op;
  throw std::logic_error("no such operation");
}
Op& first_op(std::vector<Program>& programs, OpCode code, chiplet::Stage stage) {
  return nth_op(programs, code, stage, 0);
}
Op& last_op(std::vector<Program>& programs, OpCode code, chiplet::Stage stage) {
  for (auto op = programs.at(0).rbegin(); op != programs.at(0).rend(); ++op)
    if (op->code == code && op->stage == stage) return *op;
  throw std::logic_error("no such operation");
}

Op& attention(std::vector<Program>& programs) {  // the second of its products
  for (std::size_t i = 1; i < programs.at(0).size(); ++i)
    if (programs[0][i].code == OpCode::matmul && programs[0][i].stage == chiplet::Stage::attention)
      return programs[0][i + 2];
  throw std::logic_error("no attention");
}

Op& next_layer(std::vector<Program>& programs) {
  for (Op& op : programs.at(0))
    if (op.code == OpCode::add_layer) return op;
  throw std::logic_error("no layers");
}

// Takes an operation out without moving those behind it.
void drop(Op& op) {
  const chiplet::Stage stage = op.stage;
  op = Op{};
  op.code = OpCode::add_minibatch;  // by 0
  op.value = 0;
  op.stage = stage;
}

std::vector<Mistake> mistakes() {
  using chiplet::Stage;
  return {
      {"swapped axis",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::all_gather, Stage::qkv).ring = Ring::column; },
       {}},
      {"swapped axis of the sums",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::reduce_scatter, Stage::ffn_down).ring = Ring::column; },
       {}},
      {"missing gather",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::all_gather, Stage::ffn_up)); },
       {}},
      {"gather in place of sums",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::reduce_scatter, Stage::qkv).code = OpCode::all_gather; },
       {}},
      {"product left out", "hecaton", [](auto& p) { drop(first_op(p, OpCode::matmul, Stage::head)); }, {}},
      {"a chunk too short",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::all_gather, Stage::ffn_down).units -= 4; },
       {}},
      {"wrong neighbour",
       "hecaton",
       {},
       [](chiplet::DieSetup& die) {
         if (die.id == NodeId{5}) die.rings[0].next = NodeId{9};
       }},
      {"wrong place in the ring",
       "hecaton",
       {},
       [](chiplet::DieSetup& die) {
         die.rings[1].position = (die.rings[1].position + 1) % die.rings[1].size;
       }},
      {"two dies changed places",
       "megatron-flat-ring",
       {},
       [](chiplet::DieSetup& die) {
         chiplet::RingPlace& ring = die.rings[2];
         if (ring.position == 3 || ring.position == 4) ring.position = 7 - ring.position;
       }},
      {"sums in place of a gather",
       "megatron-flat-ring",
       [](auto& p) { first_op(p, OpCode::all_gather, Stage::ffn_up).code = OpCode::reduce_scatter; },
       {}},
      {"added up twice along rows",
       "megatron-torus-ring",
       [](auto& p) { (&first_op(p, OpCode::reduce_scatter, Stage::attention_output))[1].ring = Ring::row; },
       {}},
      {"columns before rows",
       "megatron-torus-ring",
       [](auto& p) {
         Op& row = first_op(p, OpCode::reduce_scatter, Stage::ffn_down);
         std::swap(row.ring, (&row)[1].ring);
       },
       {}},
      {"scalars of a norm added up along the wrong axis",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::all_reduce, Stage::norm).ring = Ring::row; },
       {}},
      {"residual left out",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::vector, Stage::residual)); },
       {}},
      {"activation function left out",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::vector, Stage::activation)); },
       {}},
      {"attention left out", "optimus", [](auto& p) { drop(attention(p)); }, {}},
      {"loss over some words only",
       "megatron-flat-ring",
       [](auto& p) { (&first_op(p, OpCode::all_reduce, Stage::loss))[1].code = OpCode::all_gather; },
       {}},
      {"layers that change places", "megatron-flat-ring", [](auto& p) { next_layer(p).value = 0; }, {}},
      {"wrong root",
       "optimus",
       [](auto& p) { first_op(p, OpCode::broadcast, Stage::qkv).root_loop = 2; },
       {}},
      {"panel of the other axis",
       "optimus",
       [](auto& p) { first_op(p, OpCode::reduce, Stage::ffn_up).ring = Ring::column; },
       {}},
      {"tokens sent along the column in place of the row",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::all_to_all, Stage::ffn_up).ring = Ring::column; },
       {},
       mixture},
      {"tokens that do not come back from their experts",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::all_to_all, Stage::ffn_down)); },
       {},
       mixture},
      {"an expert left out",
       "hecaton",
       [](auto& p) { nth_op(p, OpCode::matmul, Stage::ffn_up, 1).count -= 1; },
       {},
       all_kinds},
      {"scores of a part of the features",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::all_reduce, Stage::ffn_up)); },
       {},
       mixture},
      {"experts that all count the same",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::vector, Stage::ffn_up)); },
       {},
       mixture},
      {"gradients of shares not added up",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::all_reduce, Stage::ffn_down)); },
       {},
       mixture},
      {"two dies of a row changed places for all-to-alls",
       "hecaton",
       {},
       [](chiplet::DieSetup& die) {
         chiplet::LinePlace& row = die.lines[0];
         if (row.position == 1 || row.position == 2) row.position = 3 - row.position;
       },
       mixture},
      {"results of experts not added up",
       "megatron-torus-ring",
       [](auto& p) { drop(first_op(p, OpCode::vector, Stage::ffn_down)); },
       {},
       mixture},
      {"no gradient of the weights of scores",
       "megatron-flat-ring",
       [](auto& p) { drop(last_op(p, OpCode::matmul, Stage::ffn_up)); },
       {},
       mixture},
      {"no gradient of an expert's weights",
       "hecaton",
       [](auto& p) { drop(last_op(p, OpCode::matmul, Stage::ffn_down)); },
       {},
       mixture},
      {"no gradient of weights",
       "hecaton",
       [](auto& p) { drop(last_op(p, OpCode::matmul, Stage::qkv)); },
       {}},
      {"no gradient of weights, 1D",
       "megatron-torus-ring",
       [](auto& p) { drop(last_op(p, OpCode::matmul, Stage::attention_output)); },
       {}},
      {"gradients of weights that stay where they are",
       "optimus",
       [](auto& p) { drop(last_op(p, OpCode::reduce, Stage::qkv)); },
       {}},
  };
}

TEST(PlantedMistakes, AreEachNoticed) {
  if (world().size() > 1) GTEST_SKIP() << "dies of one rank are enough";
  for (const char* method : {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"})
    ASSERT_EQ(verified(deck_of(deck_text({method, 4, 4}))).wrong, 0U) << method;
  for (const char* method : {"hecaton", "megatron-flat-ring", "megatron-torus-ring"})
    ASSERT_EQ(verified(deck_of(deck_text({method, 4, 4, grouped_heads, "", 16, mixture}))).wrong, 0U)
        << method;
  for (const Mistake& mistake : mistakes()) {
    const io::Deck deck = deck_of(deck_text({mistake.method, 4, 4, grouped_heads, "", 16, mistake.of_model}));
    runs::VerifyOptions options;
    options.spoil_programs = mistake.programs;
    options.spoil_places = mistake.places;
    bool noticed = false;
    try {
      noticed = !verified(deck, options).first_wrong.empty();
    } catch (const std::exception&) {  // dies wait for ever, or get what is no part of the plan
      noticed = true;
    }
    EXPECT_TRUE(noticed) << mistake.what;
  }
}

// Of one layer nothing needs what its first operator does last.
TEST(PlantedMistakes, AtTheEndOfAStepAreNoticed) {
  if (world().size() > 1) GTEST_SKIP() << "dies of one rank are enough";
  Model one_layer = grouped_heads;
  one_layer.layers = 1;
  for (const char* method : {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"}) {
    const io::Deck deck = deck_of(deck_text({method, 2, 2, one_layer}));
    EXPECT_EQ(verified(deck).wrong, 0U) << method;
    runs::VerifyOptions options;
    options.spoil_programs = [](auto& p) { drop(last_op(p, OpCode::vector, chiplet::Stage::residual)); };
    EXPECT_GT(verified(deck, options).wrong, 0U) << method;
  }
}

}  // namespace
}  // namespace hecaton::test
