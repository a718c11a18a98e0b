// What is compared is judged to the tolerated error; and products of matrices are what they should be.
#include "runs/verify/die/findings.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "runs/verify/die/products.hpp"

namespace hecaton::test::findings_test {
namespace {

using runs::Findings;
using runs::Number;
using runs::Numbers;

TEST(DieFindings, TolerateSmallErrorsOnly) {
  runs::DieFindings findings(NodeId{3});
  findings.compare(2.0L, 2.0L, &Findings::outputs, "same");
  findings.compare(0.0L, 0.0L, &Findings::outputs, "both nothing");
  findings.compare(2.0L + 1e-10L, 2.0L, &Findings::input_gradients, "close");
  EXPECT_EQ(findings.all().wrong, 0U);
  EXPECT_NEAR(findings.all().worst, 5e-11, 1e-15);
  findings.compare(2.0L + 1e-9L, 2.0L, &Findings::weight_gradients, "too far");
  findings.compare(1.0L, 0.0L, &Findings::outputs, "not nothing");
  findings.compare(std::numeric_limits<Number>::quiet_NaN(), 1.0L, &Findings::outputs, "no number");
  EXPECT_EQ(findings.all().wrong, 3U);
  EXPECT_EQ(findings.all().outputs, 4U);
  EXPECT_EQ(findings.all().input_gradients, 1U);
  EXPECT_EQ(findings.all().weight_gradients, 1U);
  EXPECT_EQ(findings.all().first_wrong.find("die 3, too far: "), 0U) << findings.all().first_wrong;
}

TEST(DieFindings, CountWhatIsMissing) {
  runs::DieFindings findings(NodeId{1});
  findings.missing("dW", 0);
  EXPECT_TRUE(findings.all().first_wrong.empty());
  findings.missing("dW", 5);
  EXPECT_EQ(findings.all().wrong, 5U);
  EXPECT_EQ(findings.all().first_wrong, "die 1: 5 elements of dW are missing");
}

// 2 tokens, 3 inputs, 2 outputs.
TEST(Products, OfEveryPass) {
  const runs::ProductShape s{2, 3, 2};
  const Numbers x{1, 2, 3, 4, 5, 6}, w{1, 0, 0, 1, 2, 2}, dy{1, 2, 3, 4};
  EXPECT_EQ(runs::y_of(x, w, s), (Numbers{7, 8, 16, 17}));
  EXPECT_EQ(runs::dx_of(dy, w, s), (Numbers{1, 2, 6, 3, 4, 14}));
  EXPECT_EQ(runs::dw_of(x, dy, s), (Numbers{13, 18, 17, 24, 21, 30}));
}

}  // namespace
}  // namespace hecaton::test::findings_test
