// What a simulated training step has done, against closed forms worked out here from the model's shapes; and
// the books of the whole package: energy, links, DRAM.
#include <gtest/gtest.h>

#include <cmath>

#include "core/training/method.hpp"
#include "io/trace/rows.hpp"
#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test::training_test {
namespace {

constexpr std::int64_t e = 2;  // bytes of bf16

// The public shapes, with fewer layers. Every head of keys and values lies on one die only.
constexpr Model tinyllama{"tinyllama-1.1b", 2048, 5632, 32, 4, 2, 32000, true};
constexpr Model llama2_7b{"llama2-7b", 4096, 11008, 32, 32, 2, 32000, true};
constexpr Model llama2_70b{"llama2-70b", 8192, 28672, 64, 8, 1, 32000, true};
constexpr Model llama3_405b{"llama3.1-405b", 16384, 53248, 128, 8, 1, 128256, true};
constexpr Model plain_ffn{"plain", 512, 2048, 16, 16, 3, 1024, false};

struct Case {
  Model model;
  const char* method;
  std::uint32_t rows, columns;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.model.name << ", " << c.method << " on " << c.rows << " x " << c.columns;
}

TrainingDeck deck_for(const Case& c) {
  TrainingDeck deck;
  deck.model = c.model;
  deck.method = c.method;
  deck.rows = c.rows;
  deck.columns = c.columns;
  deck.batch = 8;
  deck.sequence = 32;
  deck.minibatch_tokens = 128;
  deck.buffer_MiB = 8192;  // everything fits: one fused group, one tile of tokens
  return deck;
}

// Counts of the whole package.
struct Books {
  std::int64_t nop = 0, flops = 0, dram_read = 0, dram_written = 0;
};

struct Shapes {
  std::int64_t r, c, dies, tokens, sequence, batch, h, f, up, heads, kv, layers, vocabulary;
  explicit Shapes(const TrainingDeck& d)
      : r(d.rows),
        c(d.columns),
        dies(r * c),
        tokens(std::int64_t{d.batch} * d.sequence),
        sequence(d.sequence),
        batch(d.batch),
        h(d.model.hidden),
        f(d.model.ffn),
        up(f * (d.model.gated ? 2 : 1)),
        heads(d.model.heads),
        kv(2 * std::int64_t{d.model.kv_heads} * (h / heads)),
        layers(d.model.layers),
        vocabulary(d.model.vocabulary) {}
  std::int64_t layer_weights() const { return h * (h + kv + h + up + f); }
  std::int64_t stream() const { return tokens * h * e; }
  // Linear layers three times, products of attention two forward and five backward, the head three times.
  std::int64_t flops() const {
    const std::int64_t attention = 7 * batch * sequence * sequence * h;
    return 2 * (layers * (3 * tokens * layer_weights() + attention) + 3 * tokens * h * vocabulary);
  }
  // Adam: master weight, two moments (12 bytes) and the gradient in; these and the bf16 weight out.
  void add_optimizer(Books& b) const {
    const std::int64_t weights = layers * layer_weights() + 2 * h * vocabulary;
    b.dram_read += weights * (12 + e);
    b.dram_written += weights * (12 + e);
  }
};

// Bytes that all dies send for a linear layer k to n, gathering along rings of g dies, scattering along s.
std::int64_t linear(const Shapes& s, std::int64_t k, std::int64_t gather, std::int64_t n,
                    std::int64_t scatter) {
  return s.tokens * e * ((gather - 1) * k + (scatter - 1) * n);
}

// `lines`: of dies over which the features of the stream are cut.
Books hecaton_books(const Shapes& s, std::int64_t lines) {
  Books b;
  b.flops = s.flops();
  const std::int64_t forward = linear(s, s.h, s.c, s.h + s.kv, s.r) + linear(s, s.h, s.r, s.h, s.c) +
                               linear(s, s.h, s.c, s.up, s.r) + linear(s, s.f, s.r, s.h, s.c);
  const std::int64_t inputs_again = s.tokens * e * ((s.c - 1) * 2 * s.h + (s.r - 1) * (s.h + s.f));
  const std::int64_t head = 2 * linear(s, s.h, s.c, s.vocabulary, s.r) + s.tokens * e * (s.c - 1) * s.h;
  const std::int64_t norms = 2 * (2 * s.layers + 1) * 2 * (s.r - 1) * s.tokens * 4;
  const std::int64_t loss = 2 * 2 * (s.c - 1) * s.tokens * 4;
  b.nop = s.layers * (2 * forward + inputs_again) + head + norms + loss;

  const std::int64_t x = s.stream();
  const std::int64_t w = s.layer_weights() * e;
  const std::int64_t w_head = s.h * s.vocabulary * e;
  // Three tensors like the stream, queries with keys and values, gate and up; a scalar per norm on each of these
  // dies, one per head.
  const std::int64_t saved =
      3 * x + s.tokens * (s.h + s.kv + s.up) * e + s.tokens * 4 * (2 * lines + s.heads);
  b.dram_read = (s.layers * w + x) + (w_head + x) + (s.layers * (w + saved) + x) + 2 * x;
  b.dram_written = s.layers * saved + (w_head + x) + (s.layers * w + x) + x;
  s.add_optimizer(b);
  return b;
}

Books flat_ring_books(const Shapes& s) {
  Books b;
  b.flops = s.flops();
  const std::int64_t x = s.stream();
  // All-reduces; the inputs of two blocks again; the head's; largest logits and sums of exponentials.
  b.nop = (s.dies - 1) * (s.layers * (4 + 4 + 2) * x + 2 * x + 2 * 2 * s.tokens * 4);
  const std::int64_t w = s.layer_weights() * e;
  const std::int64_t w_head = s.h * s.vocabulary * e;
  const std::int64_t saved = s.tokens * (2 * s.h + s.kv + s.up) * e + s.tokens * 4 * s.heads;
  b.dram_read = s.layers * (w + 2 * x) + (w_head + x) + s.layers * (w + 4 * x + saved) + 2 * x;
  b.dram_written = s.layers * (2 * x + saved) + (w_head + x) + s.layers * (w + 2 * x) + x;
  s.add_optimizer(b);
  return b;
}

// SUMMA: each linear layer moves its input three times to the c - 1 other dies of a row, its weights to the r - 1 others of a
// column, for every mini-batch anew. All else is where Hecaton's is.
Books optimus_books(const Shapes& s, std::int64_t minibatches) {
  Books b = hecaton_books(s, s.c);
  const std::int64_t inputs = s.tokens * (s.h + s.h + s.h + s.f);
  const std::int64_t panels = (s.c - 1) * (s.layers * inputs + s.tokens * s.h) +
                              (s.r - 1) * minibatches * (s.layers * s.layer_weights() + s.h * s.vocabulary);
  const std::int64_t norms = 2 * (2 * s.layers + 1) * 2 * (s.c - 1) * s.tokens * 4;
  const std::int64_t loss = 2 * 2 * (s.c - 1) * s.tokens * 4;
  b.nop = 3 * panels * e + norms + loss;
  return b;
}

Books books_of(const std::string& method, const TrainingDeck& deck) {
  const Shapes shapes(deck);
  if (method == "hecaton") return hecaton_books(shapes, shapes.r);
  if (method == "optimus") return optimus_books(shapes, shapes.tokens / deck.minibatch_tokens);
  return flat_ring_books(shapes);  // the torus ring sends as much
}

void expect_energy(const io::Deck& deck, const Outcome& run) {
  const io::EnergySummary& energy = std::get<io::TrainingSummary>(run.summary.workload).energy_J;
  const chiplet::DieCounters sum = run.sum();
  const auto joules = [](std::uint64_t count, double pJ) { return static_cast<double>(count) * pJ * 1e-12; };
  std::uint64_t link_bytes = 0;
  for (const chiplet::LinkCounters& link : run.links) link_bytes += link.bytes;
  // The defaults of [energy], [link] and [memory].
  EXPECT_DOUBLE_EQ(energy.compute, joules(sum.macs, 0.6) + joules(sum.vector_bytes, 0.5));
  EXPECT_DOUBLE_EQ(energy.sram, joules(sum.sram_read_bytes, 0.7) + joules(sum.sram_write_bytes, 1.1));
  EXPECT_DOUBLE_EQ(energy.nop, joules(link_bytes * 8, 0.6 + 0.1));
  EXPECT_DOUBLE_EQ(energy.dram, joules((sum.dram_read_bytes + sum.dram_write_bytes) * 8, 11.8));
  EXPECT_DOUBLE_EQ(energy.static_power, joules(static_cast<std::uint64_t>(run.totals.simulated_ps), 1.0) *
                                            static_cast<double>(run.dies.size()));
  EXPECT_DOUBLE_EQ(energy.total,
                   energy.compute + energy.sram + energy.nop + energy.dram + energy.static_power);

  io::RunResult result;
  result.local.dies = run.dies;
  result.local.die_counters = run.die_counters;
  result.local.operations_per_die = run.operations_per_die;
  result.local.operations = run.operations;
  result.local.links = run.links;
  result.totals = run.totals;
  const boost::mpi::communicator self(MPI_COMM_SELF, boost::mpi::comm_attach);
  double dies = 0;
  for (const io::DieRow& die : io::die_rows(deck, result, io::topology_of(deck), self))
    dies += die.energy.total_J();
  EXPECT_NEAR(dies, energy.total, energy.total * 1e-12);
}

// IO dies deliver what dies have read and take what they have written; beside it only requests and
// acknowledgements of 16 bytes travel.
void expect_dram_on_links(const TrainingDeck& deck, const Outcome& run) {
  const std::uint32_t dies = deck.rows * deck.columns;
  std::int64_t to_dies = 0;
  std::int64_t to_io = 0;
  for (const chiplet::LinkCounters& link : run.links) {
    EXPECT_EQ(link.busy_ps, link.flits * 1000) << link.from << " to " << link.to;  // 64 B at 64 GB/s
    EXPECT_LE(link.bytes, link.flits * 64) << link.from << " to " << link.to;
    if (link.from >= dies) to_dies += whole(link.bytes);
    if (link.to >= dies) to_io += whole(link.bytes);
  }
  const std::int64_t acknowledgements = to_dies - whole(run.sum().dram_read_bytes);
  const std::int64_t requests = to_io - whole(run.sum().dram_write_bytes);
  EXPECT_EQ(acknowledgements % 16, 0);
  EXPECT_EQ(requests % 16, 0);
  EXPECT_GE(acknowledgements / 16 * deck.burst_bytes, whole(run.sum().dram_write_bytes));
  std::int64_t reads = 0;
  for (const chiplet::OperationRow& row : run.operations)
    reads += row.kind == chiplet::OperationKind::dram_read ? 1 : 0;
  EXPECT_GE(requests / 16, reads);
}

// No die has held more than the plan has said, and the one that held most, about as much; the summary says
// it.
void expect_occupancy(const io::Deck& deck, const Outcome& run) {
  const auto& training = std::get<io::TrainingSummary>(run.summary.workload);
  const net::PackageConfig& package = deck.network.package;
  const training::Plan plan =
      training::plan_step(deck.as<training::TrainingConfig>(), {package.rows, package.columns}, deck.die);
  std::uint64_t planned = 0, most = 0, most_weights = 0;
  for (const training::PlanFact& fact : plan.facts)
    if (fact.key == "peak of the activation buffer per die") planned = std::stoull(fact.value);
  for (const chiplet::DieCounters& die : run.die_counters) {
    most = std::max(most, die.activation_peak_bytes);
    most_weights = std::max(most_weights, die.weight_peak_bytes);
  }
  EXPECT_LE(most, planned);
  EXPECT_GE(most, planned / 2);
  EXPECT_LE(static_cast<double>(most_weights), deck.die.weight_buffer_MiB * 1048576);
  EXPECT_EQ(training.activation_peak_bytes, most);
  EXPECT_EQ(training.weight_peak_bytes, most_weights);
}

class Steps : public ::testing::TestWithParam<Case> {};

TEST_P(Steps, DidWhatTheClosedFormsSay) {
  const Case& c = GetParam();
  const TrainingDeck text = deck_for(c);
  const io::Deck deck = deck_of(text_of(text));
  const Outcome run = run_deck(deck, world_size());
  if (!is_root()) return;
  const Shapes shapes(text);
  const Books books = books_of(c.method, text);
  const chiplet::DieCounters sum = run.sum();
  EXPECT_EQ(whole(sum.nop_sent_bytes), books.nop);
  EXPECT_EQ(whole(sum.nop_received_bytes), books.nop);
  EXPECT_EQ(whole(2 * sum.macs), books.flops);
  EXPECT_EQ(whole(sum.dram_read_bytes), books.dram_read);
  EXPECT_EQ(whole(sum.dram_write_bytes), books.dram_written);

  const auto& training = std::get<io::TrainingSummary>(run.summary.workload);
  EXPECT_EQ(whole(training.flops.whole()), books.flops);
  EXPECT_EQ(whole(training.dram_bytes.whole()), books.dram_read + books.dram_written);
  EXPECT_DOUBLE_EQ(training.nop_bytes_per_die,
                   static_cast<double>(books.nop) / static_cast<double>(shapes.dies));
  for (std::size_t die = 0; die < run.dies.size(); ++die) {
    const chiplet::DieCounters& counters = run.die_counters[die];
    EXPECT_EQ(counters.nop_sent_bytes * run.dies.size(), sum.nop_sent_bytes) << "die " << die;
    EXPECT_EQ(counters.matrix_ps + counters.vector_ps + counters.nop_ps + counters.dram_ps,
              counters.finished_ps)
        << "die " << die;
  }
  expect_energy(deck, run);
  expect_dram_on_links(text, run);
  expect_occupancy(deck, run);
}

INSTANTIATE_TEST_SUITE_P(
    Models, Steps,
    ::testing::Values(
        Case{tinyllama, "hecaton", 4, 4}, Case{llama2_7b, "hecaton", 2, 4}, Case{llama2_70b, "hecaton", 4, 4},
        Case{llama3_405b, "hecaton", 2, 4}, Case{plain_ffn, "hecaton", 4, 2},
        Case{tinyllama, "megatron-flat-ring", 2, 2}, Case{llama2_7b, "megatron-flat-ring", 4, 4},
        Case{llama2_70b, "megatron-flat-ring", 2, 4}, Case{llama3_405b, "megatron-flat-ring", 2, 4},
        Case{plain_ffn, "megatron-flat-ring", 4, 2}, Case{llama2_7b, "megatron-torus-ring", 4, 4},
        Case{plain_ffn, "megatron-torus-ring", 1, 8}, Case{tinyllama, "optimus", 4, 4},
        Case{plain_ffn, "optimus", 2, 2}, Case{plain_ffn, "optimus", 2, 4}));

// By perimeter there is one for each of 12 edge dies.
TEST(Channels, AreAsManyAsGivenOrByAreaOrByPerimeter) {
  TrainingDeck deck;
  const auto digest = [&](std::uint32_t channels, const char* by_area) {
    deck.channels = channels;
    std::string text = text_of(deck);
    text.insert(text.find("burst_bytes"), by_area);
    return run_deck(deck_of(text), 1).totals.digest;
  };
  const std::uint64_t four = digest(4, ""), twelve = digest(12, ""),
                      given = digest(0, "dies_per_channel = 5\n");
  const std::uint64_t by_perimeter = digest(0, ""), overruled = digest(12, "dies_per_channel = 5\n");
  if (!is_root()) return;
  EXPECT_EQ(given, four);
  EXPECT_EQ(by_perimeter, twelve);
  EXPECT_EQ(overruled, twelve);
  EXPECT_NE(four, twelve);
}

}  // namespace
}  // namespace hecaton::test::training_test
