#include "core/training/plan/division.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

#include "core/training/plan/facts.hpp"
#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

namespace {

constexpr const char* or_padded = ", or training.uneven = \"auto\"";

bool fits(std::uint64_t number, std::uint64_t lines) {
  return number % lines == 0 || lines % number == 0;
}

struct Heads {
  std::uint64_t kv = 1, group = 1;  // query heads that share a key/value head
  std::uint64_t all() const { return kv * group; }
};

// The smallest group, of at least so many, with which so many groups of heads fit the lines.
std::uint64_t least_group(std::uint64_t kv, std::uint64_t group, const HeadLines& lines) {
  const std::uint64_t count = lines.heads.count;
  const std::uint64_t even = multiple_at_least(group, count / std::gcd(count, kv));
  const std::uint64_t shared =
      lines.shares_heads && count % kv == 0 ? divisor_at_least(count / kv, group) : 0;
  return shared == 0 ? even : std::min(even, shared);
}

Heads least_heads(const Operator& o, const HeadLines& lines) {
  const Heads given{o.kv_heads, o.heads / o.kv_heads};
  std::uint64_t most_lines = lines.heads.count;
  for (const Lines& kv : lines.kv) most_lines = std::max(most_lines, kv.count);
  std::optional<Heads> least;
  for (std::uint64_t kv = given.kv; kv <= multiple_at_least(given.kv, most_lines); ++kv) {
    if (!std::all_of(lines.kv.begin(), lines.kv.end(), [&](const Lines& l) { return fits(kv, l.count); }))
      continue;
    const Heads found{kv, least_group(kv, given.group, lines)};
    if (!least || found.all() < least->all()) least = found;
    if (least->all() == given.all()) break;
  }
  return *least;
}

void refuse_kv(Division& division, const HeadLines& lines) {
  const Lines* wrong = &lines.kv.front();
  for (const Lines& kv : lines.kv)
    if (!fits(division.from, kv.count)) wrong = &kv;
  division.key = wrong->key;
  division.problem = "does not fit the key/value heads";
  division.why = fmt::format("{} key/value heads over {} {}", division.from, wrong->count, wrong->name);
  division.way_out = fmt::format("use a number of {} that is a divisor or a multiple of them{}{}",
                                 wrong->name, lines.otherwise, or_padded);
}

}  // namespace

Division even_division(Dimension dimension, std::size_t place, std::uint64_t from, const Lines& lines,
                       std::string_view otherwise) {
  Division d{dimension, place, from, multiple_at_least(from, lines.count)};
  if (!d.is_padded()) return d;
  d.key = lines.key;
  d.problem = fmt::format("does not divide the {}", name_of(dimension));
  d.why = fmt::format("{} {} over {} {}", from, name_of(dimension), lines.count, lines.name);
  d.way_out =
      fmt::format("use {} {}{}{}", nearest_divisors(from, lines.count), lines.name, otherwise, or_padded);
  return d;
}

void add_heads(Divisions& divisions, std::size_t place, const Operator& attention, const HeadLines& lines) {
  const Heads least = least_heads(attention, lines);
  Division kv{Dimension::kv_heads, place, attention.kv_heads, least.kv};
  Division heads = even_division(Dimension::heads, place, attention.heads, lines.heads, lines.otherwise);
  if (lines.shares_heads && fits(attention.heads, lines.heads.count)) heads.key.clear();
  heads.to = least.all();
  const bool kv_fit = std::all_of(lines.kv.begin(), lines.kv.end(),
                                  [&](const Lines& l) { return fits(attention.kv_heads, l.count); });
  if (!kv_fit) refuse_kv(kv, lines);
  divisions.push_back(std::move(kv));
  divisions.push_back(std::move(heads));
}

bool may_pad(const TrainingConfig& config, const Division& division) {
  const bool words = division.dimension == Dimension::vocabulary &&
                     config.vocabulary_padding == VocabularyPadding::automatic;
  return config.uneven != Uneven::refuse || words;
}

PlanError refusal(const Division& d) {
  return {d.key, d.problem, d.why, d.way_out};
}

namespace {

std::uint32_t narrow(const Division& d) {
  if (d.to <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint32_t>(d.to);
  throw PlanError(d.key.empty() ? "training.uneven" : d.key, "makes a shape too large", padding_text(d),
                  "use fewer dies, or a smaller shape");
}

bool is_of_operator(Dimension d) {
  return d == Dimension::ffn || d == Dimension::heads || d == Dimension::kv_heads ||
         d == Dimension::projection || d == Dimension::experts;
}

OperatorConfig with_all_shapes(const Operator& o) {
  const auto number = [](std::uint64_t n) { return static_cast<std::uint32_t>(n); };
  return {.kind = o.kind,
          .heads = number(o.heads),
          .kv_heads = number(o.kv_heads),
          .head_dim = number(o.head),
          .ffn = number(o.ffn),
          .experts = number(o.experts),
          .experts_per_token = number(o.experts_per_token),
          .gated = o.gated ? 1 : 0};
}

// Shapes that follow from others stay those of the model.
void say_all_shapes(ModelConfig& model) {
  std::vector<OperatorConfig> operators;
  for (const Operator& o : model_of(model).operators) operators.push_back(with_all_shapes(o));
  model.operators = std::move(operators);
}

void pad(OperatorConfig& o, const Division& d) {
  const std::uint32_t to = narrow(d);
  if (d.dimension == Dimension::ffn) o.ffn = to;
  if (d.dimension == Dimension::heads) o.heads = to;
  if (d.dimension == Dimension::kv_heads) o.kv_heads = to;
  if (d.dimension == Dimension::projection) o.projection_pads = to - static_cast<std::uint32_t>(d.from);
  if (d.dimension != Dimension::experts) return;
  o.idle_experts = to - o.experts;
  o.experts = to;
}

void pad(TrainingConfig& c, const Division& d) {
  const std::uint32_t to = narrow(d);
  if (d.dimension == Dimension::hidden) c.model.hidden = to;
  if (d.dimension == Dimension::vocabulary) c.model.vocabulary = to;
  if (d.dimension == Dimension::sequence) c.sequence_length = to;
  if (d.dimension == Dimension::batch) c.batch_sequences = to;
  if (d.dimension == Dimension::minibatch) c.minibatch_tokens = to;
}

}  // namespace

TrainingConfig padded(const TrainingConfig& given, const Divisions& divisions) {
  TrainingConfig planned = given;
  const bool shapes = std::any_of(divisions.begin(), divisions.end(), [&](const Division& d) {
    return d.is_padded() && may_pad(given, d) &&
           (is_of_operator(d.dimension) || d.dimension == Dimension::hidden);
  });
  if (shapes) say_all_shapes(planned.model);
  for (const Division& d : divisions) {
    if (!d.is_padded() || !may_pad(given, d)) continue;
    if (is_of_operator(d.dimension))
      pad(planned.model.operators.at(d.place), d);
    else
      pad(planned, d);
  }
  return planned;
}

std::string padding_text(const Division& d) {
  return fmt::format("{} {}, padded to {}", d.from, name_of(d.dimension), d.to);
}

}  // namespace hecaton::training
