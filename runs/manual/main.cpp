// Writes the manual pages and completions of hecaton into folders below the one that is named: man1, bash, zsh, fish.
// A step of the build: it is not installed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "io/files/atomic_file.hpp"
#include "io/files/version.hpp"
#include "runs/cli/app.hpp"
#include "runs/commands/table.hpp"
#include "runs/manual/completions.hpp"
#include "runs/manual/pages.hpp"

namespace {

namespace fs = std::filesystem;
using namespace hecaton;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  io::write_atomically(file, text);
}

void write_all(const fs::path& folder) {
  const runs::AppTree tree = runs::make_app(runs::all_commands);
  const runs::ProgramWords words = runs::words_of(*tree.app);
  const std::string version(io::build_info().version);
  write(folder / "man1/hecaton.1", runs::program_page(words, version));
  for (const runs::CommandWords& command : words.commands)
    write(folder / "man1" / fmt::format("hecaton-{}.1", command.name), runs::command_page(command, version));
  write(folder / "bash/hecaton", runs::bash_completion(words));
  write(folder / "zsh/_hecaton", runs::zsh_completion(words));
  write(folder / "fish/hecaton.fish", runs::fish_completion(words));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("usage: hecaton-manual FOLDER");
    write_all(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "hecaton-manual: {}\n", error.what());
    return 1;
  }
}
