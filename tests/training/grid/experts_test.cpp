// Mixtures of experts by methods with 2D tiles: drawn shapes that do not divide take the bytes and operations of closed forms
// with ceilings that are worked out here.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/training/cases.hpp"

namespace hecaton::training::test::experts_test {
namespace {

constexpr std::uint64_t e = 2;  // bytes of bf16

std::uint64_t ceiling(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}
std::uint64_t up_to(std::uint64_t number, std::uint64_t step) {
  return ceiling(number, step) * step;
}

// One layer of experts alone, and the output head.
TrainingConfig drawn(std::mt19937& random, const char* method) {
  const auto some = [&](std::uint32_t most) { return static_cast<std::uint32_t>(1 + random() % most); };
  TrainingConfig c;
  c.model = {"experts", some(70), some(40), 1, 1, some(3), some(50), random() % 2 == 0};
  OperatorConfig experts{.kind = OperatorKind::experts};
  experts.experts = 1 + some(9);
  experts.experts_per_token = std::min(experts.experts, some(3));
  c.model.operators = {experts};
  c.method = method;
  c.batch_sequences = some(9);
  c.sequence_length = some(12);
  return c;
}

// Lines of dies that cut the tokens of the stream, and its features.
struct Lines {
  std::uint64_t tokens, features;
};

// Bytes that all dies send, and products of one.
struct Work {
  std::uint64_t nop = 0, macs = 0;
  bool operator==(const Work&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Work& w) {
  return out << "NoP " << w.nop << ", MACs " << w.macs;
}

// Of a mini-batch and layer; `h`, `ffn` and `experts` as they are padded.
Work layer_of(const TrainingConfig& c, Lines lines, std::uint64_t tokens, std::uint64_t h, std::uint64_t ffn,
              std::uint64_t experts) {
  const OperatorConfig& o = c.model.operators[0];
  const std::uint64_t a = lines.tokens, b = lines.features, own = tokens / a, k = o.experts_per_token;
  const std::uint64_t routed = ceiling(own * k * experts, o.experts);  // also of experts that pad
  const std::uint64_t way = ((a - 1) + (b - 1) * a) * routed * h * e;  // along the one, then along the other
  const std::uint64_t scores = 2 * (b - 1) * a * own * experts * 4;
  const std::uint64_t shares = (a - 1) * b * routed * 4 + 2 * (b - 1) * a * routed * 4;
  const std::uint64_t norms = 2 * 2 * (b - 1) * tokens * 4;
  const std::uint64_t network = h * ffn * (c.model.gated ? 3 : 2) / b;
  return {5 * way + scores + shares + norms,
          3 * (experts / a * ceiling(tokens * k, o.experts) * network + own * h / b * experts)};
}

// Of the head, with its norm and the loss.
Work head_of(const char* method, MeshShape mesh, Lines lines, std::uint64_t tokens, std::uint64_t h,
             std::uint64_t words) {
  const std::uint64_t r = mesh.rows, c = mesh.columns;
  const bool panels = std::string_view(method) == "optimus";
  const std::uint64_t linear = panels ? 3 * ((c - 1) * tokens * h + (r - 1) * h * words)
                                      : tokens * (3 * (c - 1) * h + 2 * (r - 1) * words);
  return {linear * e + 2 * 2 * (lines.features - 1) * tokens * 4 + 2 * 2 * (c - 1) * tokens * 4,
          3 * tokens * h * words / mesh.dies()};
}

TEST(Experts, OfDrawnShapesEqualTheClosedForms) {
  std::mt19937 random(5);
  for (int i = 0; i < 200; ++i) {
    const char* const method = i % 2 == 0 ? "hecaton" : "optimus";
    const bool panels = i % 2 == 1;
    const TrainingConfig config = drawn(random, method);
    const MeshShape mesh{static_cast<std::uint32_t>(1 + random() % 5),
                         static_cast<std::uint32_t>(1 + random() % 5)};
    const std::uint64_t r = mesh.rows, c = mesh.columns;
    const Lines lines = panels ? Lines{r, c} : Lines{c, r};
    const std::uint64_t h = up_to(config.model.hidden, panels ? std::lcm(r, c) : r);
    const std::uint64_t ffn = up_to(config.model.ffn, panels ? c : r * c);
    const std::uint64_t experts = up_to(config.model.operators[0].experts, lines.tokens);
    const Plan plan = plan_step(config, mesh, large_die());
    const TrainingConfig planned = padded(config, mesh);
    const std::uint64_t tokens = std::uint64_t{planned.batch_sequences} * planned.sequence_length;
    const std::uint64_t minibatches = tokens / plan.minibatch_tokens, t = plan.minibatch_tokens;
    const Work layer = layer_of(config, lines, t, h, ffn, experts);
    const Work head = head_of(method, mesh, lines, t, h, up_to(config.model.vocabulary, c));
    const Tally all = tally(plan.roles[0], rings_of(mesh));
    const std::uint64_t layers = config.model.layers;
    const Work found{all.sum(&StageTally::nop_bytes), all.sum(&StageTally::macs)};
    ASSERT_EQ(found, (Work{minibatches * (layers * layer.nop + head.nop),
                           minibatches * (layers * layer.macs + head.macs)}))
        << method << " on " << r << " x " << c;
  }
}

}  // namespace
}  // namespace hecaton::training::test::experts_test
