#include "runs/cli/app.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "io/files/version.hpp"

namespace hecaton::runs {

std::string version_text() {
  const io::BuildInfo& build = io::build_info();
  return fmt::format("hecaton {} ({}, {}, {})", build.version, build.git, build.build_type, build.compiler);
}

AppTree make_app(std::span<const Command* const> commands) {
  AppTree tree;
  tree.app = std::make_shared<CLI::App>(
      "Simulates the training of large language models on a package of chiplets.", "hecaton");
  tree.app->require_subcommand(1);
  tree.app->footer(
      "A first run:  mpirun -n 2 hecaton run quickstart.toml\n"
      "Exit codes:   0 done, 1 the run failed, 2 bad usage or bad input, 75 stopped with a checkpoint.");
  tree.app->set_version_flag("--version", version_text());
  for (const Command* command : commands) {
    CLI::App& added = *tree.app->add_subcommand(std::string(command->name), std::string(command->summary));
    tree.actions.push_back(command->add_options(added));
  }
  return tree;
}

}  // namespace hecaton::runs
