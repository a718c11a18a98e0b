#include "io/report/quantity.hpp"

#include <gtest/gtest.h>

#include "io/files/version.hpp"
#include "io/result/provenance.hpp"

namespace {

using namespace hecaton::io;

TEST(Quantity, HasFourDigitsAndAPrefix) {
  EXPECT_EQ(format_si(0, "s"), "0 s");
  EXPECT_EQ(format_si(0.0123456, "s"), "12.35 ms");
  EXPECT_EQ(format_si(1e-12, "s"), "1.000 ps");
  EXPECT_EQ(format_si(1e-15, "s"), "0.001 ps");
  EXPECT_EQ(format_si(999.94, "B"), "999.9 B");
  EXPECT_EQ(format_si(999.96, "B"), "1.000 kB");
  EXPECT_EQ(format_si(1e18, "FLOP"), "1.000 EFLOP");
  EXPECT_EQ(format_si(1e21, "B"), "1000.0 EB");
}

TEST(Quantity, CountsAreWholeWhileSmall) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(0.25), "0.250");
  EXPECT_EQ(format_count(1'234'567), "1.235 M");
}

TEST(Quantity, DurationsAreReadable) {
  EXPECT_EQ(format_duration(0.0283), "28.30 ms");
  EXPECT_EQ(format_duration(4.24), "4.2 s");
  EXPECT_EQ(format_duration(200), "3 min 20 s");
  EXPECT_EQ(format_duration(7500), "2 h 05 min");
}

TEST(Provenance, ACommandLineCanBePastedIntoAShell) {
  const char* const arguments[] = {"hecaton", "run", "my deck.toml", "--set", "a.b='c'", ""};
  EXPECT_EQ(join_command_line(arguments), "hecaton run 'my deck.toml' --set 'a.b='\\''c'\\''' ''");
}

TEST(Version, TheBuildIsNamed) {
  EXPECT_EQ(build_info().version.find_first_not_of("0123456789."), std::string::npos);
  EXPECT_FALSE(build_info().git.empty());
  EXPECT_FALSE(build_info().build_type.empty());
  const bool is_release = build_info().build_type == "Release";
  EXPECT_TRUE(!is_release || build_warning().empty());
}

}  // namespace
