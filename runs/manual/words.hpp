// What is said about commands and their options, taken from the tree that also parses them. Nothing is written twice, so
// manual pages and completions cannot fall behind --help.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace hecaton::runs {

enum class ValueKind { none, word, choice, file, folder };

struct OptionWords {
  std::vector<std::string> names;  // "-h", "--help"; of an argument one without dashes
  std::string value;               // "FILE"; empty: takes none
  std::string initial;             // what it is without the option; empty: nothing, or said in the text
  std::string text;
  std::vector<std::string> choices;
  ValueKind kind = ValueKind::none;
  bool repeatable = false;

  const std::string& longest() const { return names.back(); }
};

struct CommandWords {
  std::string name;  // empty: the program itself
  std::string text;
  std::vector<OptionWords> arguments;
  std::vector<OptionWords> options;
};

// Of the program, its commands follow.
struct ProgramWords {
  CommandWords program;
  std::vector<CommandWords> commands;
  std::string footer;
};

ProgramWords words_of(const CLI::App& app);

}  // namespace hecaton::runs
