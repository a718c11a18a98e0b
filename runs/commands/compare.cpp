// `hecaton compare FILE FILE...`: summaries side by side, read from traces or from their JSON, as text; or traces as a page.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/files/atomic_file.hpp"
#include "io/files/input_error.hpp"
#include "io/page/page.hpp"
#include "io/report/critical_path.hpp"
#include "io/report/message.hpp"
#include "io/report/table.hpp"
#include "io/result/summary.hpp"
#include "io/trace/result_set.hpp"
#include "io/trace/stretch.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/mixed_results.hpp"
#include "runs/commands/path_of_trace.hpp"

namespace hecaton::runs {
namespace {

using Files = std::vector<std::string>;  // the baseline first

struct CompareArguments {
  Files files;
  std::string page;  // to be written; empty: text
  bool json = false;
};

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

using Paths = std::vector<critical::Path>;  // empty where a file holds none

Paths paths_of(const Files& files) {
  Paths paths;
  for (const std::string& file : files)
    paths.push_back(is_trace(file) ? path_of_trace(file) : critical::Path());
  return paths;
}

// How each differs from the first along its critical path, as far as files hold one.
void print_differences(const Files& files, const std::vector<io::Summary>& summaries, const Paths& paths) {
  std::string without;
  for (std::size_t i = 0; i < files.size(); ++i)
    if (paths[i].empty() && runs_programs(summaries[i])) without += (without.empty() ? "" : ", ") + files[i];
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

void print_json(const Files& files, const std::vector<io::Summary>& summaries, const Paths& paths) {
  std::vector<io::Facts> runs, differences;
  for (std::size_t i = 0; i < files.size(); ++i)
    runs.push_back(
        io::Facts().add("file", files[i]).add("summary", io::Facts::Json{io::to_json(summaries[i])}));
  for (std::size_t i = 1; i < files.size(); ++i)
    if (!paths.front().empty() && !paths[i].empty())
      differences.push_back(io::Facts()
                                .add("file", files[i])
                                .add("baseline", files.front())
                                .add("critical_path", io::difference_facts(paths.front(), paths[i])));
  fmt::print("{}", io::Facts().add("runs", runs).add("differences", differences).to_json());
}

int print_comparison(const CompareArguments& arguments) {
  const Files& files = arguments.files;
  return guarded([&] {
    std::vector<io::Summary> summaries;
    for (const std::string& file : files) {
      summaries.push_back(io::read_result(file));
      expect_ended(file);
    }
    warn_of_mixed_results(files);
    const Paths paths = paths_of(files);
    if (arguments.json) return print_json(files, summaries, paths);
    fmt::print("{}", io::render_comparison(summaries));
    print_differences(files, summaries, paths);
  });
}

void expect_trace(const std::string& file) {
  if (is_trace(file)) return;
  throw io::InputError({file}, "", "cannot be shown in a page",
                       "a summary holds no deck and no critical path",
                       "give the trace beside it, or leave --output out");
}

int write_page(const CompareArguments& arguments) {
  return guarded([&] {
    std::vector<NamedFile> read;
    io::PageRequest request{.traces = {}, .detail = {}, .limits = {}, .kind = io::PageKind::comparison};
    for (const std::string& file : arguments.files) {
      expect_trace(file);
      static_cast<void>(io::read_summary(file));  // throws for all that is no trace
      expect_ended(file);
      read.push_back({"FILE", file});
      request.traces.emplace_back(file);
    }
    const NamedFile written{"--output", arguments.page};
    expect_distinct(read, {&written, 1});
    const std::string page = io::make_page(request);
    warn_of_mixed_results(arguments.files);
    prepare_outputs({arguments.page});
    io::write_atomically(arguments.page, page);
    fmt::print("comparison  {}\n", arguments.page);
  });
}

Action add_options(CLI::App& command) {
  constexpr int fewest = 2, most = 9;
  const auto arguments = std::make_shared<CompareArguments>();
  command
      .add_option("FILES", arguments->files, "Traces (HDF5) or summaries (JSON), the first as the baseline")
      ->required()
      ->expected(fewest, most);
  command
      .add_option("-o,--output", arguments->page, "Write a page for a browser about traces, instead of text")
      ->type_name("FILE");
  add_json(command, arguments->json);
  return [arguments](const Session&) {
    return arguments->page.empty() ? print_comparison(*arguments) : write_page(*arguments);
  };
}

}  // namespace

const Command compare_command{.name = "compare",
                              .summary = "Compare results side by side, as text or as a page",
                              .add_options = add_options};

}  // namespace hecaton::runs
