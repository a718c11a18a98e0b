// `hecaton compare FILE FILE...`: prints summaries side by side, read from traces or from their JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/files/input_error.hpp"
#include "io/report/critical_path.hpp"
#include "io/report/message.hpp"
#include "io/report/table.hpp"
#include "io/result/summary.hpp"
#include "io/trace/result_set.hpp"
#include "io/trace/stretch.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/mixed_results.hpp"
#include "runs/commands/path_of_trace.hpp"

namespace hecaton::runs {
namespace {

using Files = std::vector<std::string>;  // the baseline first

bool is_trace(const std::string& file) {
  return std::filesystem::path(file).extension() != ".json";
}

// A run that has not ended has no times to compare.
void expect_ended(const std::string& file) {
  if (!is_trace(file) || !io::is_unfinished(file)) return;
  throw io::InputError({file}, "", "holds a run that has not ended", "it has no time that could be compared",
                       "go on with it by run --restart latest");
}

bool runs_programs(const io::Summary& summary) {
  return !std::holds_alternative<io::TrafficSummary>(summary.workload);
}

// How each differs from the first along its critical path, as far as files hold one.
void print_differences(const Files& files, const std::vector<io::Summary>& summaries) {
  std::vector<critical::Path> paths;
  std::string without;
  for (const std::string& file : files) {
    paths.push_back(is_trace(file) ? path_of_trace(file) : critical::Path());
    if (paths.back().empty() && runs_programs(summaries[paths.size() - 1]))
      without += (without.empty() ? "" : ", ") + file;
  }
  for (std::size_t i = 1; i < files.size(); ++i) {
    if (paths.front().empty() || paths[i].empty()) continue;
    const bool is_told_by_name = summaries[i].deck != summaries.front().deck;
    fmt::print("\n{}", io::render_difference(paths.front(), paths[i],
                                             is_told_by_name ? summaries.front().deck : files.front(),
                                             is_told_by_name ? summaries[i].deck : files[i]));
  }
  if (!without.empty())
    io::print_notice(fmt::format(
        "no critical path in {}, so times are not compared by cause; run --trace path records one", without));
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
    print_differences(files, summaries);
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
