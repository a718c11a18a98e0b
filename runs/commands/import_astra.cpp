// `hecaton import-astra --network FILE --system FILE --workload PREFIX --output DECK`: the inputs of ASTRA-sim as a deck.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/deck/reader.hpp"
#include "io/deck/registry.hpp"
#include "io/execution/astra_inputs.hpp"
#include "io/files/atomic_file.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"

namespace hecaton::runs {
namespace {

struct AstraArguments {
  std::string network, system, memory, workload, groups;
  std::string output;
};

std::string path_text(const std::string& path) {
  return io::to_toml(std::filesystem::absolute(path).lexically_normal().string());
}

std::string deck_text(const AstraArguments& arguments) {
  const io::execution::AstraNetwork network = io::execution::read_astra_network(arguments.network);
  const io::execution::AstraSystem system = io::execution::read_astra_system(arguments.system);
  if (!arguments.memory.empty()) io::execution::check_astra_memory(arguments.memory);
  std::string text = fmt::format(
      "# A ring of {} ranks, as ASTRA-sim counts with its analytical network; from its input files.\n"
      "[workload]\nkind = \"execution\"\n\n[package]\nrows = 1\ncolumns = {}\ntopology = \"torus\"\n\n"
      "[link]\nbandwidth_GBps = {}  # of 2^30 bytes, see execution.gigabyte\nlatency_ns = {}\n\n",
      network.ranks, network.ranks, network.bandwidth_GBps, network.latency_ns);
  if (system.peak_TFLOPS > 0) text += fmt::format("[die]\npeak_TFLOPS = {}\n\n", system.peak_TFLOPS);
  text += fmt::format("[execution]\npreset = \"astra\"\ntraces = {}\n",
                      path_text(arguments.workload + ".{rank}.et"));
  if (!arguments.groups.empty()) text += fmt::format("groups = {}\n", path_text(arguments.groups));
  text += fmt::format("compute = \"{}\"\nlocal_GBps = {}\nendpoint_delay_ns = {}\nparts = {}\n",
                      system.roofline ? "roofline" : "recorded", system.local_GBps, system.endpoint_delay_ns,
                      system.splits);
  return text;
}

int import_astra(const AstraArguments& arguments) {
  return guarded([&] {
    const std::string text = deck_text(arguments);
    static_cast<void>(io::parse_deck(text, arguments.output));  // it is one
    std::vector<NamedFile> read{{"--network", arguments.network}, {"--system", arguments.system}};
    if (!arguments.memory.empty()) read.push_back({"--memory", arguments.memory});
    if (!arguments.groups.empty()) read.push_back({"--groups", arguments.groups});
    const NamedFile written{"--output", arguments.output};
    expect_distinct(read, {&written, 1});
    prepare_outputs({arguments.output});
    io::write_atomically(arguments.output, text);
    fmt::print("{}\n", arguments.output);
  });
}

Action add_import_astra_options(CLI::App& command) {
  const auto arguments = std::make_shared<AstraArguments>();
  const auto add = [&](const char* name, std::string& value, const char* text) {
    return command.add_option(name, value, text)->type_name("FILE");
  };
  add("--network", arguments->network, "Its network: YAML, one dimension, Ring")->required();
  add("--system", arguments->system, "Its system: JSON, collectives by ring, one active chunk")->required();
  add("--memory", arguments->memory, "Its remote memory: JSON, NO_MEMORY_EXPANSION");
  add("--groups", arguments->groups, "Its communicator groups: JSON");
  add("--workload", arguments->workload, "Its traces, without .RANK.et")->type_name("PREFIX")->required();
  add("--output", arguments->output, "The deck to write")->required();
  return [arguments](const Session&) { return import_astra(*arguments); };
}

}  // namespace

const Command import_astra_command{.name = "import-astra",
                                   .summary = "Make a deck of the inputs of ASTRA-sim",
                                   .add_options = add_import_astra_options};

}  // namespace hecaton::runs
