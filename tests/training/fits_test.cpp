// Which meshes a step can be planned on: least buffers are least, and reasons are those of the planner.
#include "core/training/fits.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/training/cases.hpp"

namespace hecaton::training::test::fits_test {
namespace {

constexpr const char* all_methods[] = {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"};

TrainingConfig config_for(const char* model, const char* method) {
  TrainingConfig config;
  config.model = *find_model(model);
  config.method = method;
  config.batch_sequences = 16;
  config.sequence_length = 512;
  return config;
}

// Planned with so many bytes of the two buffers; else the key that is to blame.
std::string blamed(const TrainingConfig& config, MeshShape mesh, std::uint64_t weights,
                   std::uint64_t activations) {
  chiplet::DieConfig die;
  die.weight_buffer_MiB = static_cast<double>(weights) / 1048576;
  die.activation_buffer_MiB = static_cast<double>(activations) / 1048576;
  try {
    plan_step(config, mesh, die);
  } catch (const PlanError& error) {
    return error.table_key;
  }
  return {};
}

TEST(Fits, TellTheLeastBuffers) {
  constexpr std::uint64_t ample = std::uint64_t{1} << 40U;
  for (const char* model : {"tinyllama-1.1b", "gpt2-xl", "qwen2.5-7b"})
    for (const char* method : all_methods)
      for (const MeshShape mesh : {MeshShape{4, 4}, MeshShape{6, 6}, MeshShape{16, 16}})
        for (const bool recompute : {false, true}) {
          TrainingConfig config = config_for(model, method);
          config.recompute = recompute;
          const Fit fit = fit_of(config, mesh, large_die());
          ASSERT_FALSE(fit.refusal) << model << method << mesh.rows;
          EXPECT_TRUE(fit.is_planned);
          EXPECT_EQ(blamed(config, mesh, fit.weight_buffer, ample), "") << model << method << mesh.rows;
          EXPECT_EQ(blamed(config, mesh, ample, fit.activation_buffer), "") << model << method << mesh.rows;
          EXPECT_NE(blamed(config, mesh, fit.weight_buffer - 1, ample), "") << model << method << mesh.rows;
          EXPECT_EQ(blamed(config, mesh, ample, fit.activation_buffer - 1), "die.activation_buffer_MiB")
              << model << method << mesh.rows;
        }
}

// Weights of a layer and their gradients, 2 bytes each, on one of 16 dies: attention 2048 x (2048 + 2 x 256) + 2048 x 2048,
// and three matrices of 2048 x 5632; or the output head of 2048 x 32000 and its gradients, if that is more.
TEST(Fits, NeedTheWeightsOfALayerAndTheirGradients) {
  const Fit fit = fit_of(config_for("tinyllama-1.1b", "hecaton"), {4, 4}, large_die());
  const std::uint64_t layer = 2048 * (2048 + 512) + 2048 * 2048 + 3 * 2048 * 5632, head = 2048 * 32000;
  EXPECT_EQ(fit.weight_buffer, 2 * 2 * std::max(layer, head) / 16);
  EXPECT_EQ(fit.padded_flops, 0);
}

TEST(Fits, SayWhyAMeshIsRefused) {
  TrainingConfig adapters = config_for("tinyllama-1.1b", "optimus");
  adapters.train = Train::adapters;
  adapters.adapter_rank = 16;
  const Fit refused = fit_of(adapters, {4, 8}, large_die());
  ASSERT_TRUE(refused.refusal);
  EXPECT_NE(std::string(refused.refusal->what()).find("has no adapters with this method"), std::string::npos);
  TrainingConfig config = config_for("gpt2-xl", "hecaton");  // 25 heads
  EXPECT_GT(fit_of(config, {4, 4}, large_die()).padded_flops, 0);
  config.uneven = Uneven::refuse;
  EXPECT_EQ(fit_of(config, {4, 4}, large_die()).refusal.value().table_key, "package.columns");
}

TEST(Fits, TellWhetherTheBuffersOfTheDieAreEnough) {
  const TrainingConfig config = config_for("tinyllama-1.1b", "hecaton");
  const Fit large = fit_of(config, {4, 4}, large_die());
  chiplet::DieConfig die = large_die();
  die.weight_buffer_MiB = static_cast<double>(large.weight_buffer) / 1048576;
  EXPECT_TRUE(fit_of(config, {4, 4}, die).is_planned);
  die.weight_buffer_MiB = static_cast<double>(large.weight_buffer - 1) / 1048576;
  const Fit small = fit_of(config, {4, 4}, die);
  EXPECT_FALSE(small.is_planned);
  EXPECT_EQ(small.weight_buffer, large.weight_buffer);  // whatever the die has
}

}  // namespace
}  // namespace hecaton::training::test::fits_test
