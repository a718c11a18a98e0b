// `hecaton power TRACE`: mean and peak power of the package and its dies, and where limits are broken.
#include "io/power/power.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "io/report/facts.hpp"
#include "io/report/quantity.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/number.hpp"
#include "runs/cli/options.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/mixed_results.hpp"

namespace hecaton::runs {
namespace {

struct PowerArguments {
  std::string trace;
  std::uint32_t windows = 256;
  double limit_W = 0;      // of the package; 0: none
  double die_limit_W = 0;  // of each die
  bool json = false;
};

// By how many windows, or dies, a limit is broken.
std::size_t windows_above(const io::Power& power, double limit_W) {
  return static_cast<std::size_t>(std::count_if(power.package_W.begin(), power.package_W.end(),
                                                [&](double watts) { return watts > limit_W; }));
}
std::size_t dies_above(const io::Power& power, double limit_W) {
  return static_cast<std::size_t>(
      std::count_if(power.dies.begin(), power.dies.end(),
                    [&](const io::DiePower& die) { return die.peak.watts > limit_W; }));
}

std::string time_text(const io::Power& power, std::uint64_t window) {
  return io::format_si(static_cast<double>(window * power.window_ps) * 1e-12, "s");
}

void print_table(const io::Power& power, const PowerArguments& arguments) {
  const io::Peak peak = power.peak();
  const std::uint32_t die = power.highest_die();
  const io::DiePower& highest = power.dies[die];
  fmt::print("windows        {} of {}\n", power.package_W.size(),
             io::format_si(static_cast<double>(power.window_ps) * 1e-12, "s"));
  fmt::print("package, mean  {}\n", io::format_si(power.mean_W, "W"));
  fmt::print("  peak         {} in the window from {} on\n", io::format_si(peak.watts, "W"),
             time_text(power, peak.window));
  fmt::print("a die, mean    {}\n",
             io::format_si(power.mean_W / static_cast<double>(power.dies.size()), "W"));
  fmt::print("  peak         {} of die {} in the window from {} on\n", io::format_si(highest.peak.watts, "W"),
             die, time_text(power, highest.peak.window));
  if (arguments.limit_W > 0) {
    const std::size_t broken = windows_above(power, arguments.limit_W);
    fmt::print("limit          {} of the package {}\n", io::format_si(arguments.limit_W, "W"),
               broken == 0 ? "is kept"
                           : fmt::format("is BROKEN in {} of {} windows", broken, power.package_W.size()));
  }
  if (arguments.die_limit_W > 0) {
    const std::size_t broken = dies_above(power, arguments.die_limit_W);
    fmt::print(
        "limit          {} of a die {}\n", io::format_si(arguments.die_limit_W, "W"),
        broken == 0 ? "is kept" : fmt::format("is BROKEN by {} of {} dies", broken, power.dies.size()));
  }
}

void print_json(const io::Power& power, const PowerArguments& arguments) {
  io::Facts facts;
  facts.add("end_ps", power.end_ps).add("window_ps", power.window_ps).add("mean_W", power.mean_W);
  facts.add("peak_W", power.peak().watts).add("peak_at_ps", power.peak().window * power.window_ps);
  std::vector<io::Facts> windows, dies;
  for (const double watts : power.package_W) windows.push_back(io::Facts().add("package_W", watts));
  for (const io::DiePower& die : power.dies)
    dies.push_back(io::Facts()
                       .add("mean_W", die.mean_W)
                       .add("peak_W", die.peak.watts)
                       .add("peak_at_ps", die.peak.window * power.window_ps));
  if (arguments.limit_W > 0) facts.add("windows_above_limit", windows_above(power, arguments.limit_W));
  if (arguments.die_limit_W > 0) facts.add("dies_above_limit", dies_above(power, arguments.die_limit_W));
  fmt::print("{}", facts.add("windows", windows).add("dies", dies).to_json());
}

int print_power(const PowerArguments& arguments) {
  return guarded([&] {
    const io::Power power = io::read_power(arguments.trace, arguments.windows);
    warn_of_mixed_results({&arguments.trace, 1});
    arguments.json ? print_json(power, arguments) : print_table(power, arguments);
  });
}

Action add_power_options(CLI::App& command) {
  constexpr double most_watts = 1e12;
  const auto arguments = std::make_shared<PowerArguments>();
  command.add_option("TRACE", arguments->trace, "A trace (HDF5) with operations")->required();
  add_number(command, "--windows", arguments->windows, 1, io::most_windows,
             "Windows that the run is cut into");
  add_number(command, "--limit", arguments->limit_W, 0.0, most_watts,
             "Watts that the package may draw; 0: any");
  add_number(command, "--die-limit", arguments->die_limit_W, 0.0, most_watts,
             "Watts that a die may draw; 0: any");
  add_json(command, arguments->json);
  return [arguments](const Session&) { return print_power(*arguments); };
}

}  // namespace

const Command power_command{.name = "power",
                            .summary = "Print mean and peak power of a trace, and where limits are broken",
                            .add_options = add_power_options};

}  // namespace hecaton::runs
