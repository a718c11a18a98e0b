// `hecaton report FILE...`: makes a page about traces, side by side, and studies, that a browser opens without a network.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "io/files/atomic_file.hpp"
#include "io/files/input_error.hpp"
#include "io/page/page.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/number.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/mixed_results.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

struct ReportArguments {
  std::vector<std::string> files;  // traces, and tables of studies
  std::string output = "report.html";
  io::DetailChoice detail;
};

bool is_table(const fs::path& file) {
  return file.extension() == ".csv";
}

io::PageRequest request_of(const ReportArguments& arguments) {
  io::PageRequest request;
  for (const std::string& file : arguments.files)
    (is_table(file) ? request.studies : request.traces).emplace_back(file);
  request.detail = arguments.detail;
  std::vector<std::uint32_t>& dies = request.detail.dies;
  std::sort(dies.begin(), dies.end());
  dies.erase(std::unique(dies.begin(), dies.end()), dies.end());
  if (request.detail.from_ps >= request.detail.to_ps)
    throw io::InputError({"--from, --to"}, "", "hold no time between them", "--to is not later than --from",
                         "give a later --to");
  return request;
}

int write_report(const ReportArguments& arguments) {
  return guarded([&] {
    const io::PageRequest request = request_of(arguments);
    std::vector<NamedFile> read;
    for (const std::string& file : arguments.files) read.push_back({"FILE", file});
    const NamedFile written{"--output", arguments.output};
    expect_distinct(read, {&written, 1});
    const std::string page = io::make_page(request);
    std::vector<std::string> traces = arguments.files;
    std::erase_if(traces, is_table);
    warn_of_mixed_results(traces);
    prepare_outputs({arguments.output});
    io::write_atomically(arguments.output, page);
    fmt::print("report   {}\n", arguments.output);
  });
}

Action add_report_options(CLI::App& command) {
  constexpr int most = 9;
  const auto arguments = std::make_shared<ReportArguments>();
  command
      .add_option("FILES", arguments->files,
                  "Traces (HDF5), the first as the baseline, and tables of studies (table.csv of a sweep)")
      ->required()
      ->expected(1, most);
  command.add_option("-o,--output", arguments->output, "The page to write")
      ->type_name("FILE")
      ->capture_default_str();
  const auto take_dies = [&dies = arguments->detail.dies](const std::vector<std::string>& words) {
    for (const std::string& word : words)
      dies.push_back(number_of<std::uint32_t>("--dies", word, 0, std::numeric_limits<std::uint32_t>::max()));
  };
  command
      .add_option_function<std::vector<std::string>>(
          "--dies", take_dies,
          "Show each operation of these dies in the timeline; as many as fit if not given")
      ->type_name("N,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  add_time(command, "--from", arguments->detail.from_ps,
           "Show single operations from this simulated time on");
  add_time(command, "--to", arguments->detail.to_ps, "Show single operations up to this simulated time");
  return [arguments](const Session&) { return write_report(*arguments); };
}

}  // namespace

const Command report_command{.name = "report",
                             .summary = "Make a page about traces, for a browser",
                             .add_options = add_report_options};

}  // namespace hecaton::runs
