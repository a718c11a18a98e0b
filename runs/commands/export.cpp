// `hecaton export TRACE`: writes what a trace holds in formats of other programs.
#include "io/export/export.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "io/files/input_error.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/mixed_results.hpp"

namespace hecaton::runs {
namespace {

struct ExportArguments {
  std::string trace;
  std::string chrome, perfetto, csv;  // empty: not that
  io::ExportFilter filter;
};

io::ExportRequest request_of(const ExportArguments& arguments) {
  if (arguments.chrome.empty() && arguments.perfetto.empty() && arguments.csv.empty()) {
    throw io::InputError({"export"}, "", "has nothing to write", "no format was named",
                         "add --chrome FILE, --perfetto FILE or --csv FOLDER");
  }
  if (arguments.filter.from_ps >= arguments.filter.to_ps) {
    throw io::InputError({"--from"}, "", "is not before --to", "no time lies between them",
                         "choose an earlier --from or a later --to");
  }
  return {arguments.chrome, arguments.perfetto, arguments.csv, arguments.filter};
}

std::vector<NamedFile> named_files(const io::ExportRequest& request) {
  std::vector<NamedFile> named;
  for (const std::filesystem::path& file : io::exported_files(request)) {
    const std::string role = file == request.chrome     ? "--chrome"
                             : file == request.perfetto ? "--perfetto"
                                                        : "--csv";
    named.push_back({role, file});
  }
  return named;
}

int export_files(const ExportArguments& arguments) {
  return guarded([&] {
    const io::ExportRequest request = request_of(arguments);
    const NamedFile trace{"TRACE", arguments.trace};
    const std::vector<NamedFile> written = named_files(request);
    expect_distinct(std::span(&trace, 1), written);
    io::check_export(trace.path, request);
    prepare_outputs(io::exported_files(request));
    io::export_trace(trace.path, request);
    warn_of_mixed_results({&arguments.trace, 1});
    for (const NamedFile& file : written) fmt::print("{}\n", file.path.string());
  });
}

void add_numbers(CLI::App& command, const std::string& name, io::NumberSet& field, const std::string& text) {
  const auto take = [&field, name](const std::string& given) {
    const auto parsed = io::NumberSet::parse(given);
    if (!parsed) throw CLI::ValidationError(name, fmt::format("{} is no list like 0-3,8", given));
    field = *parsed;
  };
  command.add_option_function<std::string>(name, take, text)->type_name("LIST");
}

Action add_export_options(CLI::App& command) {
  const auto arguments = std::make_shared<ExportArguments>();
  command.add_option("TRACE", arguments->trace, "A trace (HDF5)")->required();
  command.add_option("--chrome", arguments->chrome, "Timeline as trace events in JSON, for chrome://tracing")
      ->type_name("FILE");
  command.add_option("--perfetto", arguments->perfetto, "Timeline for ui.perfetto.dev")->type_name("FILE");
  command.add_option("--csv", arguments->csv, "Tables, a file for each, with units in their headers")
      ->type_name("FOLDER");
  add_time(command, "--from", arguments->filter.from_ps,
           "Leave out operations that end before, such as 1.5ms");
  add_time(command, "--to", arguments->filter.to_ps, "Leave out operations that start then or later");
  add_numbers(command, "--dies", arguments->filter.dies, "Only these dies, such as 0-3,8, and links at them");
  add_numbers(command, "--layers", arguments->filter.layers, "Only operations of these layers of the model");
  return [arguments](const Session&) { return export_files(*arguments); };
}

}  // namespace

const Command export_command{
    .name = "export", .summary = "Write a trace for other programs", .add_options = add_export_options};

}  // namespace hecaton::runs
