// `hecaton compare FILE FILE...`: prints summaries side by side, read from traces or from their JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/files/input_error.hpp"
#include "io/report/table.hpp"
#include "io/result/summary.hpp"
#include "io/trace/result_set.hpp"
#include "io/trace/stretch.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/mixed_results.hpp"

namespace hecaton::runs {
namespace {

using Files = std::vector<std::string>;  // the baseline first

// A run that has not ended has no times to compare.
void expect_ended(const std::string& file) {
  if (std::filesystem::path(file).extension() == ".json" || !io::is_unfinished(file)) return;
  throw io::InputError({file}, "", "holds a run that has not ended", "it has no time that could be compared",
                       "go on with it by run --restart latest");
}

int print_comparison(const Files& files) {
  return guarded([&] {
    std::vector<io::Summary> summaries;
    for (const std::string& file : files) {
      summaries.push_back(io::read_result(file));
      expect_ended(file);
    }
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
