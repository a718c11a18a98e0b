// Layers that pass forward only, followed with real numbers: trained parts agree with a dense reference, frozen parts have
// no gradient, and a gradient that one gets by mistake is noticed.
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "runs/verify/verify.hpp"
#include "tests/runs/verify/verify_case.hpp"

namespace hecaton::test::finetune_test {
namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;

// No heads are there twice: four layers of 4 heads, on 4 dies.
constexpr Model four_layers{"four-layers", 16, 32, 8, 8, 4, 24, false};
constexpr std::int64_t tokens = 32, hidden = 16, ffn = 32, words = 24, layers = 4;
constexpr std::int64_t layer_weights = hidden * (4 * hidden + 2 * ffn), head_weights = hidden * words;

struct Frozen {
  const char* method;
  const char* more;
  std::int64_t trained_layers;
  bool head = true;
  const char* of_model = "";
  double buffer_MiB = 16;
};

std::ostream& operator<<(std::ostream& out, const Frozen& f) {
  return out << f.method << ", " << f.more << f.of_model;
}

Case case_of(const Frozen& f) {
  return {f.method, 2, 2, four_layers, f.more, f.buffer_MiB, f.of_model, {}};
}

class VerifyFrozen : public ::testing::TestWithParam<Frozen> {};

TEST_P(VerifyFrozen, TrainsWhatIsTrainedAlone) {
  const Frozen& f = GetParam();
  const runs::Findings found = verified(deck_of(deck_text(case_of(f))));
  EXPECT_EQ(found.wrong, 0U) << found.first_wrong;
  EXPECT_TRUE(found.first_wrong.empty()) << found.first_wrong;
  EXPECT_LE(found.worst, 1e-10);
  EXPECT_EQ(whole(found.weight_gradients), f.trained_layers * layer_weights + (f.head ? head_weights : 0));
  // X and Y of the linear layers and the stream after each operator, of all layers.
  const std::int64_t outputs = (hidden + 3 * hidden + hidden + 2 * hidden) + (hidden + 2 * ffn + 2 * hidden);
  EXPECT_GE(whole(found.outputs), tokens * (layers * outputs + hidden + words));
  // dX and dY, where dY of the last linear layer is the gradient of the stream; dX of the head and the gradient of what
  // it normed only where something is trained below it.
  const std::int64_t gradients = 2 * (hidden + hidden) + 3 * hidden + 2 * ffn;
  const std::int64_t below_head = f.trained_layers > 0 ? 2 * hidden : 0;
  const std::int64_t least = tokens * (f.trained_layers * gradients + below_head + words);
  EXPECT_GE(whole(found.input_gradients), least);
  EXPECT_LT(whole(found.input_gradients), least + tokens * gradients);  // not of one layer more
}

const char* const one = "frozen_layers = 1\n";
const char* const three = "frozen_layers = 3\n";
const char* const head_alone = "train = \"head\"\n";
const char* const tied = "tied = true\n";

INSTANTIATE_TEST_SUITE_P(
    Methods, VerifyFrozen,
    ::testing::Values(Frozen{"hecaton", one, 3}, Frozen{"hecaton", three, 1, false, tied},
                      Frozen{"hecaton", head_alone, 0}, Frozen{"hecaton", head_alone, 0, true, "", 0.006},
                      Frozen{"hecaton", "frozen_layers = 2\nfusion = 1\n", 2}, Frozen{"optimus", three, 1},
                      Frozen{"optimus", one, 3, false, tied}, Frozen{"optimus", head_alone, 0},
                      Frozen{"megatron-flat-ring", three, 1}, Frozen{"megatron-flat-ring", head_alone, 0},
                      Frozen{"megatron-torus-ring", one, 3, false, tied},
                      Frozen{"megatron-torus-ring", head_alone, 0}));

// With recomputation X is computed twice.
TEST(VerifyFrozen, ComputesTrainedLayersAgain) {
  for (const char* method : {"hecaton", "megatron-torus-ring"}) {
    const Frozen f{method, "frozen_layers = 2\nrecompute = true\n", 2};
    const runs::Findings found = verified(deck_of(deck_text(case_of(f))));
    EXPECT_EQ(found.wrong, 0U) << found.first_wrong;
    EXPECT_EQ(whole(found.weight_gradients), 2 * layer_weights + head_weights) << method;
  }
}

// The loop over groups of layers backward, each of one layer.
runs::Findings found_in(const Frozen& f, void (*spoil)(Op&)) {
  runs::VerifyOptions options;
  options.spoil_programs = [=](std::vector<Program>& programs) {
    for (Op& op : programs.at(0))
      if (op.code == OpCode::loop && op.iterates == chiplet::Iterates::groups &&
          op.section == chiplet::Section::backward)
        return spoil(op);
    throw std::logic_error("no such loop");
  };
  return verified(deck_of(deck_text(case_of(f))), options);
}

// One layer too many goes backward: its gradients belong to a frozen layer.
TEST(VerifyFrozen, NoticesAGradientInAFrozenLayer) {
  for (const char* method : {"hecaton", "optimus", "megatron-flat-ring", "megatron-torus-ring"}) {
    const Frozen f{method, "frozen_layers = 2\nfusion = 1\n", 2};
    const runs::Findings found = found_in(f, [](Op& op) { ++op.count; });
    EXPECT_GT(found.wrong, 0U) << method;
    EXPECT_FALSE(found.first_wrong.empty()) << method;
  }
}

// And one too few.
TEST(VerifyFrozen, NoticesThatATrainedLayerHasNoGradient) {
  for (const char* method : {"hecaton", "optimus", "megatron-flat-ring", "megatron-torus-ring"}) {
    const Frozen f{method, "frozen_layers = 1\nfusion = 1\n", 3};
    const runs::Findings found = found_in(f, [](Op& op) { --op.count; });
    EXPECT_GT(found.wrong, 0U) << method;
    EXPECT_NE(found.first_wrong.find("missing"), std::string::npos) << found.first_wrong;
  }
}

}  // namespace
}  // namespace hecaton::test::finetune_test
