// `hecaton compare FILE FILE...`: prints summaries side by side, read from traces or from their JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "io/report/table.hpp"
#include "io/result/summary.hpp"
#include "io/trace/result_set.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/mixed_results.hpp"

namespace hecaton::runs {
namespace {

using Files = std::vector<std::string>;  // the baseline first

int print_comparison(const Files& files) {
  return guarded([&] {
    std::vector<io::Summary> summaries;
    for (const std::string& file : files) summaries.push_back(io::read_result(file));
    warn_of_mixed_results(files);
    fmt::print("{}", io::render_comparison(summaries));
  });
}

Action add_options(CLI::App& command) {
  constexpr int fewest = 2, most = 9;
  const auto files = std::make_shared<Files>();
  command.add_option("FILES", *files, "Traces (HDF5) or summaries (JSON)")
      ->required()
      ->expected(fewest, most);
  return [files](const Session&) { return print_comparison(*files); };
}

}  // namespace

const Command compare_command{.name = "compare",
                              .summary = "Print summaries side by side, the first as the baseline",
                              .add_options = add_options};

}  // namespace hecaton::runs
