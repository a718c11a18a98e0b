// Odd decks, drawn by chance: what they are padded to, and the bytes and operations of that, equal closed forms with
// ceilings that are worked out here.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <numeric>
#include <random>
#include <sstream>

#include "tests/training/cases.hpp"

namespace hecaton::training::test::uneven_test {
namespace {

constexpr std::uint64_t e = 2;  // bytes of bf16

std::uint64_t up_to(std::uint64_t number, std::uint64_t step) {
  while (number % step != 0) ++number;
  return number;
}

// A deck as it has to be planned.
struct Shapes {
  std::uint64_t r = 1, c = 1, h = 1, ffn = 1, up = 1, words = 1, heads = 1, kv = 1, head = 1, layers = 1;
  std::uint64_t sequence = 1, batch = 1;
  std::uint64_t projected = 1;  // inputs of the projection after attention
  std::uint64_t lines = 1;      // of dies that cut the tokens of the stream
  std::uint64_t dies() const { return r * c; }
  std::uint64_t tokens() const { return sequence * batch; }
};

// Heads and key/value heads in order of size, the first that fit.
template <class Fit>
void pad_heads(Shapes& s, std::uint64_t parts, Fit&& fit) {
  const std::uint64_t group = s.heads / s.kv, most = s.heads * parts;
  for (std::uint64_t heads = s.heads; heads <= most; ++heads)
    for (std::uint64_t kv = s.kv; kv <= heads; ++kv) {
      if (heads % kv != 0 || heads / kv < group || !fit(heads, kv)) continue;
      s.heads = heads;
      s.kv = kv;
      return;
    }
  FAIL() << "no heads fit";
}

bool either_divides(std::uint64_t a, std::uint64_t b) {
  return a % b == 0 || b % a == 0;
}

// The fewest tokens of which a mini-batch has whole sequences for all rows, and equally many for those that cut the
// stream.
void pad_tokens(Shapes& s) {
  Shapes best;
  for (std::uint64_t sequence = s.sequence; sequence < s.sequence + s.r * s.c; ++sequence) {
    std::uint64_t least = s.r;
    while (least * sequence % s.r != 0 || least * sequence % s.lines != 0) least += s.r;
    const std::uint64_t batch = up_to(s.batch, least);
    if (best.tokens() > 1 && batch * sequence >= best.tokens()) continue;
    best.sequence = sequence;
    best.batch = batch;
  }
  s.sequence = best.sequence;
  s.batch = best.batch;
}

Shapes given(const TrainingConfig& t, MeshShape mesh) {
  const ModelConfig& m = t.model;
  return {
      mesh.rows,         mesh.columns,     m.hidden,   m.ffn,      std::uint64_t{m.ffn} * (m.gated ? 2 : 1),
      m.vocabulary,      m.heads,          m.kv_heads, m.head_dim, m.layers,
      t.sequence_length, t.batch_sequences};
}

Shapes padded_2d(const TrainingConfig& t, MeshShape mesh) {
  Shapes s = given(t, mesh);
  const bool panels = t.method == "optimus";  // of which all rows and all columns have equally many
  s.h = up_to(s.h, panels ? std::lcm(s.r, s.c) : s.r);
  s.words = up_to(s.words, s.c);
  s.ffn = up_to(s.ffn, panels ? std::lcm(s.r, s.c) : s.c);
  s.up = s.ffn * (t.model.gated ? 2 : 1);
  s.lines = panels ? s.r : s.c;
  pad_heads(s, s.c, [&](auto heads, auto kv) { return heads % s.c == 0 && either_divides(kv, s.c); });
  s.projected = up_to(s.heads * s.head, panels ? std::lcm(s.r, s.c) : 1);
  pad_tokens(s);
  return s;
}

Shapes padded_1d(const TrainingConfig& t, MeshShape mesh) {
  Shapes s = given(t, mesh);
  const std::uint64_t n = s.dies();
  s.h = up_to(s.h, n);
  s.words = t.uneven == Uneven::pad ? up_to(s.words, n) : std::max(s.words, n);
  s.ffn = up_to(s.ffn, n);
  s.up = s.ffn * (t.model.gated ? 2 : 1);
  pad_heads(s, n, [&](auto heads, auto kv) { return either_divides(heads, n) && either_divides(kv, n); });
  const std::uint64_t sharing = s.heads < n ? n / s.heads : 1;
  s.sequence = up_to(s.sequence, t.uneven == Uneven::pad ? std::lcm(sharing, n) : sharing);
  return s;
}

TrainingConfig odd_config(std::mt19937& random, const char* method) {
  const auto up_to_number = [&](std::uint32_t most) {
    return static_cast<std::uint32_t>(1 + random() % most);
  };
  TrainingConfig c;
  const std::uint32_t kv = up_to_number(5);
  c.model = {"odd", up_to_number(70), up_to_number(70), kv * up_to_number(4),
             kv,    up_to_number(3),  up_to_number(90), random() % 2 == 0};
  c.model.head_dim = up_to_number(6);
  c.method = method;
  c.batch_sequences = up_to_number(9);
  c.sequence_length = up_to_number(12);
  c.uneven = random() % 2 == 0 ? Uneven::automatic : Uneven::pad;
  return c;
}

MeshShape odd_mesh(std::mt19937& random) {
  const auto rows = static_cast<std::uint32_t>(1 + random() % 5);
  return {rows, static_cast<std::uint32_t>(1 + random() % 7)};
}

MeshShape square_mesh(std::mt19937& random) {
  const auto rows = static_cast<std::uint32_t>(1 + random() % 5);
  return {rows, rows};
}

struct Bytes {
  std::uint64_t nop = 0, macs = 0, reads = 0, writes = 0;  // NoP of all dies, the others of one
  bool operator==(const Bytes&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Bytes& b) {
  return out << "NoP " << b.nop << ", MACs " << b.macs << ", read " << b.reads << ", written " << b.writes;
}

Bytes bytes_of(const Program& program, MeshShape mesh) {
  const Tally all = tally(program, rings_of(mesh));
  return {all.sum(&StageTally::nop_bytes), all.sum(&StageTally::macs), all.sum(&StageTally::read_bytes),
          all.sum(&StageTally::written_bytes)};
}

// What 2D methods have in common: products, and DRAM with all layers in one group.
Bytes bytes_2d(const Shapes& s) {
  const std::uint64_t n = s.dies(), t = s.tokens(), q = s.heads * s.head;
  const std::uint64_t copies = s.kv < s.c ? s.c / s.kv : 1;
  const std::uint64_t kv = 2 * s.kv * copies * s.head;
  const std::uint64_t layer = s.h * (q + kv + s.projected + s.up + s.ffn) / n, head = s.h * s.words / n;
  const std::uint64_t x = t * s.h * e / n;
  const std::uint64_t scalars = 2 * (t / s.lines) * 4 + t / s.r * (s.heads / s.c) * 4;
  const std::uint64_t saved = 2 * x + t * (2 * q + kv + s.up) * e / n + scalars;
  const std::uint64_t shared = s.h * kv / n, all = s.layers * layer + 2 * head;
  const std::uint64_t mine = all - s.layers * (shared - (shared + copies - 1) / copies);
  Bytes b;
  b.macs =
      s.layers * (3 * t * layer + 7 * (s.batch / s.r) * (s.heads / s.c) * s.sequence * s.sequence * s.head) +
      3 * t * head;
  b.reads = 2 * s.layers * layer * e + s.layers * saved + 5 * x + head * e + mine * 12 + all * e;
  b.writes = s.layers * saved + s.layers * layer * e + head * e + 3 * x + mine * (12 + e);
  return b;
}

Bytes bytes_of_hecaton(const Shapes& s) {
  Bytes b = bytes_2d(s);
  const std::uint64_t t = s.tokens(), q = s.heads * s.head;
  const std::uint64_t qkv = q + 2 * s.head * std::max(s.kv, s.c);
  // Gathered three times, scattered twice; along rows for type 1.
  const auto type_1 = [&](std::uint64_t k, std::uint64_t n) { return 3 * (s.c - 1) * k + 2 * (s.r - 1) * n; };
  const auto type_2 = [&](std::uint64_t k, std::uint64_t n) { return 3 * (s.r - 1) * k + 2 * (s.c - 1) * n; };
  const std::uint64_t features =
      s.layers * (type_1(s.h, qkv) + type_2(q, s.h) + type_1(s.h, s.up) + type_2(s.ffn, s.h)) +
      type_1(s.h, s.words);
  const std::uint64_t scalars = 2 * (2 * s.layers + 1) * 2 * (s.r - 1) + 2 * 2 * (s.c - 1);
  b.nop = t * (features * e + scalars * 4);
  return b;
}

Bytes bytes_of_optimus(const Shapes& s, std::uint64_t minibatches) {
  Bytes b = bytes_2d(s);
  const std::uint64_t t = s.tokens(), q = s.heads * s.head, qkv = q + 2 * s.head * std::max(s.kv, s.c);
  const std::uint64_t inputs = s.layers * (2 * s.h + s.projected + s.ffn) + s.h;
  const std::uint64_t weights = s.layers * s.h * (qkv + s.projected + s.up + s.ffn) + s.h * s.words;
  const std::uint64_t scalars = 2 * (2 * s.layers + 1) + 2;
  b.nop =
      3 * ((s.c - 1) * t * inputs + (s.r - 1) * minibatches * weights) * e + scalars * 2 * (s.c - 1) * t * 4;
  return b;
}

// Of a die that has so many words.
Bytes bytes_1d(const Shapes& s, std::uint64_t words) {
  const std::uint64_t n = s.dies(), t = s.tokens(), x = t * s.h / n * e;
  const std::uint64_t copies = s.heads < n ? n / s.heads : 1, kv_copies = s.kv < n ? n / s.kv : 1;
  const std::uint64_t q = s.heads * copies / n * s.head, kv = 2 * (s.kv * kv_copies / n) * s.head;
  const std::uint64_t ffn = (s.up + s.ffn) / n;
  const std::uint64_t own = t / copies, saved = 2 * own * q * e + t * kv * e + own * (q / s.head) * 4;
  const std::uint64_t up = t * s.up / n * e, layer = s.h * (2 * q + kv + ffn), head = s.h * words;
  const std::uint64_t table = s.words * s.h / n, all = s.layers * layer + head + table;
  const std::uint64_t mine =
      s.layers * ((2 * s.h * q + copies - 1) / copies + (s.h * kv + kv_copies - 1) / kv_copies + s.h * ffn) +
      head + table;
  Bytes b;
  b.nop = (n - 1) * (t * s.h * e * (10 * s.layers + 2) + 2 * 2 * t * 4);
  b.macs = s.layers * (3 * s.h * (own * 2 * q + t * (kv + ffn)) +
                       7 * s.batch * (q / s.head) * (s.sequence / copies) * s.sequence * s.head) +
           3 * t * head;
  b.reads = s.layers * (2 * layer * e + 6 * x + saved + up) + head * e + 3 * x + mine * 12 + all * e;
  b.writes = s.layers * (layer * e + 4 * x + saved + up) + head * e + 2 * x + mine * (12 + e);
  return b;
}

std::string text_of(const TrainingConfig& c, MeshShape mesh) {
  const ModelConfig& m = c.model;
  return fmt::format("{} x {}, hidden {}, ffn {}, heads {} of {}, kv {}, words {}, batch {} of {}, {}",
                     mesh.rows, mesh.columns, m.hidden, m.ffn, m.heads, m.head_dim, m.kv_heads, m.vocabulary,
                     c.batch_sequences, c.sequence_length, name_of(c.uneven));
}

TEST(OddDecks, OfHecatonEqualTheClosedForms) {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    const TrainingConfig config = odd_config(random, "hecaton");
    const MeshShape mesh = odd_mesh(random);
    const Plan plan = plan_step(config, mesh, large_die());
    ASSERT_EQ(bytes_of(plan.roles[0], mesh), bytes_of_hecaton(padded_2d(config, mesh)))
        << text_of(config, mesh);
  }
}

TEST(OddDecks, OfOptimusEqualTheClosedForms) {
  std::mt19937 random(2);
  for (int i = 0; i < 200; ++i) {
    const TrainingConfig config = odd_config(random, "optimus");
    const MeshShape mesh = i % 4 == 0 ? square_mesh(random) : odd_mesh(random);
    const Plan plan = plan_step(config, mesh, large_die());
    const Shapes s = padded_2d(config, mesh);
    ASSERT_EQ(bytes_of(plan.roles[0], mesh), bytes_of_optimus(s, s.tokens() / plan.minibatch_tokens))
        << text_of(config, mesh);
  }
}

TEST(OddDecks, OfOneDMethodsEqualTheClosedForms) {
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    const TrainingConfig config = odd_config(random, "megatron-torus-ring");
    const MeshShape mesh = odd_mesh(random);
    const Plan plan = plan_step(config, mesh, large_die());
    const Shapes s = padded_1d(config, mesh);
    for (std::size_t role = 0; role < plan.roles.size(); ++role) {
      Bytes got = bytes_of(plan.roles[role], mesh);
      Bytes expected = bytes_1d(s, (s.words + s.dies() - 1) / s.dies() - role);
      // Columns that cannot share the scalars of the loss evenly send some of padding.
      got.nop -= tally(plan.roles[role], rings_of(mesh)).scalar_nop_bytes();
      expected.nop -= (s.dies() - 1) * 2 * 2 * s.tokens() * 4;
      ASSERT_EQ(got, expected) << text_of(config, mesh);
    }
  }
}

// More of anything never takes fewer bytes or operations.
TEST(OddDecks, NeverTakeLessOfMore) {
  const MeshShape mesh{3, 5};
  for (const char* method : {"hecaton", "optimus", "megatron-torus-ring"}) {
    for (std::uint32_t ModelConfig::*shape :
         {&ModelConfig::hidden, &ModelConfig::ffn, &ModelConfig::vocabulary}) {
      TrainingConfig config;
      config.model = {"odd", 37, 11, 6, 2, 2, 61, true};
      config.model.head_dim = 4;
      config.method = method;
      config.batch_sequences = 5;
      config.sequence_length = 7;
      Bytes last;
      for (config.model.*shape = 1; config.model.*shape <= 70; ++(config.model.*shape)) {
        const Bytes now = bytes_of(plan_step(config, mesh, large_die()).roles[0], mesh);
        EXPECT_TRUE(now.nop >= last.nop && now.macs >= last.macs && now.reads >= last.reads &&
                    now.writes >= last.writes)
            << method << ": " << config.model.*shape;
        last = now;
      }
    }
  }
}

// ---- what is refused

bool says(const PlanErrors& errors, const PlanError& one) {
  return std::any_of(errors.begin(), errors.end(), [&](const PlanError& said) {
    return said.table_key == one.table_key && said.problem == one.problem;
  });
}

// The numbers of lines that an error advises: "use 2 or 4 rows".
std::vector<std::uint32_t> advised_lines(const PlanError& error, const std::string& lines) {
  std::istringstream words(error.suggestion);
  std::vector<std::uint32_t> numbers;
  for (std::string word; words >> word;) {
    if (std::isdigit(static_cast<unsigned char>(word[0])) != 0)
      numbers.push_back(static_cast<std::uint32_t>(std::stoul(word)));
    else if (word.starts_with(lines))
      return numbers;
    else if (word != "use" && word != "or")
      return {};
  }
  return {};
}

// Every number that does not divide is told at once, and every way out is one.
TEST(Refusals, AreAllSaidAtOnceWithAdviceThatWorks) {
  std::mt19937 random(4);
  std::size_t told = 0, advised = 0;
  for (int i = 0; i < 400; ++i) {
    constexpr const char* methods[] = {"hecaton", "megatron-torus-ring", "optimus"};
    TrainingConfig config = odd_config(random, methods[i % 3]);
    const MeshShape mesh = odd_mesh(random);
    config.uneven = Uneven::refuse;
    const PlanErrors errors = problems_of(config, mesh);
    EXPECT_EQ(errors.empty(), padding_of(config, mesh).empty()) << text_of(config, mesh);
    told += errors.size();
    for (const PlanError& error : errors) {
      EXPECT_NE(error.suggestion.find("training.uneven = \"auto\""), std::string::npos) << error.what();
      for (const char* lines : {"rows", "columns", "dies"})
        for (const std::uint32_t count : advised_lines(error, lines)) {
          MeshShape other = mesh;
          (*lines == 'r' ? other.rows : other.columns) = count;
          if (*lines == 'd') other = {1, count};
          EXPECT_FALSE(says(problems_of(config, other), error))
              << error.what() << " " << text_of(config, mesh);
          ++advised;
        }
    }
    config.uneven = Uneven::automatic;
    EXPECT_TRUE(problems_of(config, mesh).empty());
    EXPECT_NO_THROW(plan_step(config, mesh, large_die()));
  }
  EXPECT_GT(told, 800U);
  EXPECT_GT(advised, 400U);
}

// Of a model, its mask, its batch and its method together; then each thing is done that the errors say.
TEST(Refusals, OfEverythingElseAreSaidAtOnceToo) {
  TrainingConfig config;
  config.model = {"odd", 100, 64, 12, 5, 2, 64, true};
  config.method = "megatron-flat-ring";
  config.attention = Attention::by_head;
  config.fusion = 2;
  config.window = 3;
  config.attention_tile = 0;
  config.batch_sequences = 2;
  config.sequence_length = 8;
  config.minibatch_tokens = 64;
  const auto keys_of = [](const PlanErrors& errors) {
    std::vector<std::string> keys;
    for (const PlanError& error : errors) keys.push_back(error.table_key);
    return keys;
  };
  EXPECT_EQ(keys_of(problems_of(config, {3, 3})),
            (std::vector<std::string>{"training.minibatch_tokens", "training.attention_tile",
                                      "training.window", "training.model.heads", "training.model.kv_heads",
                                      "training.fusion", "training.attention", "training.method"}));
  try {
    plan_step(config, {3, 3}, large_die());
    ADD_FAILURE() << "planned";
  } catch (const PlanError& error) {
    EXPECT_EQ(error.table_key, "training.minibatch_tokens");
    EXPECT_EQ(error.others.size(), 7U);
  }
  config.minibatch_tokens = 16;
  config.attention_tile = 1;
  config.causal = true;
  config.model.head_dim = 8;
  config.model.kv_heads = 4;
  config.fusion = 0;
  config.attention = Attention::by_sequence;
  EXPECT_EQ(keys_of(problems_of(config, {3, 3})), (std::vector<std::string>{"training.method"}));
  EXPECT_NO_THROW(plan_step(config, {3, 4}, large_die()));
}

// ---- what padding costs

// Of features, words and heads alone each share can be told from the numbers.
TEST(PaddingCost, IsTheShareOfWorkThatIsForPads) {
  TrainingConfig config;
  config.model = {"odd", 64, 60, 8, 8, 2, 61, true};
  config.batch_sequences = 4;
  config.sequence_length = 8;
  config.method = "hecaton";
  const MeshShape mesh{4, 8};
  TrainingConfig even = config;
  even.model.ffn = 64;
  even.model.vocabulary = 64;
  const Plan padded_plan = plan_step(config, mesh, large_die()),
             even_plan = plan_step(even, mesh, large_die());
  ASSERT_EQ(bytes_of(padded_plan.roles[0], mesh), bytes_of(even_plan.roles[0], mesh));
  EXPECT_EQ(even_plan.padding_cost.flops, 0);
  const double tokens = 32, all = 32 * static_cast<double>(bytes_of(even_plan.roles[0], mesh).macs);
  const double pads = 3 * tokens * 64 * (2 * 3 * (64 - 60) + (64 - 61));
  EXPECT_NEAR(padded_plan.padding_cost.flops, pads / all, 1e-12);
  // Gate and up are scattered twice along 4 dies, words too; what goes down is gathered three times.
  const double sent = static_cast<double>(bytes_of(even_plan.roles[0], mesh).nop);
  const double for_pads = tokens * 2 * (2 * (2 * 3 * 2 * 4 + 3 * 3 * 4) + 2 * 3 * 3);
  EXPECT_NEAR(padded_plan.padding_cost.nop_bytes, for_pads / sent, 1e-12);
  EXPECT_GT(padded_plan.padding_cost.memory, 0.01);
  EXPECT_LT(padded_plan.padding_cost.memory, 0.1);
  EXPECT_EQ(padded_plan.tokens, 32U);
}

// Twice the sequences take twice of everything that follows tokens.
TEST(PaddingCost, OfSequencesIsThatOfTheirTokens) {
  for (const char* method : {"hecaton", "optimus"}) {
    TrainingConfig config;
    config.model = {"odd", 64, 64, 8, 2, 2, 64, true};
    config.batch_sequences = 2;
    config.sequence_length = 8;
    config.method = method;
    const Plan plan = plan_step(config, {4, 4}, large_die());
    EXPECT_NEAR(plan.padding_cost.flops, 0.5, 1e-12) << method;
    if (config.method == "hecaton") {  // weights cross the package too with the other
      EXPECT_NEAR(plan.padding_cost.nop_bytes, 0.5, 1e-12);
    }
    EXPECT_EQ(plan.tokens, 16U);
  }
}

// ---- the models by name on many meshes

constexpr MeshShape many_meshes[] = {{4, 4}, {6, 6}, {7, 8}, {8, 8}, {12, 12}, {16, 16}, {32, 32}};

// All that are refused, with why.
std::vector<std::string> refused(Uneven uneven) {
  chiplet::DieConfig die;
  die.weight_buffer_MiB = die.activation_buffer_MiB = 1e6;
  std::vector<std::string> all;
  for (const KnownModel& known : known_models())
    for (const MethodInfo& method : methods())
      for (const MeshShape mesh : many_meshes) {
        TrainingConfig config;
        config.model = known.shapes;
        config.method = method.name;
        config.batch_sequences = 64;
        config.uneven = uneven;
        try {
          plan_step(config, mesh, die);
        } catch (const PlanError& error) {
          all.push_back(fmt::format("{} by {} on {} x {}: {}", known.shapes.name, method.name, mesh.rows,
                                    mesh.columns, error.what()));
        }
      }
  return all;
}

TEST(ModelsByName, AreAllPlanned) {
  const std::vector<std::string> before = refused(Uneven::refuse), after = refused(Uneven::automatic);
  RecordProperty("planned_before", static_cast<int>(before.size()));
  std::cout << before.size() << " refused, " << after.size() << " if padded\n";
  EXPECT_GT(before.size(), 200U);
  EXPECT_TRUE(after.empty()) << after.front();
}

}  // namespace
}  // namespace hecaton::training::test::uneven_test
