// The command line as a tree of CLI11: for parsing, and for what is written about it (runs/manual).
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runs/cli/command.hpp"

namespace hecaton::runs {

struct AppTree {
  std::shared_ptr<CLI::App> app;  // a subcommand for each command, in their order
  std::vector<Action> actions;    // what each of them does, once `app` has parsed
};

// Program, version and build, as --version prints them.
std::string version_text();

AppTree make_app(std::span<const Command* const> commands);

}  // namespace hecaton::runs
