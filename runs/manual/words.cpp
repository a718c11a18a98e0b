#include "runs/manual/words.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace hecaton::runs {
namespace {

// "TEXT:{block,strip}": the type, and the words that are allowed.
struct ValueType {
  std::string name;
  std::vector<std::string> choices;
};

ValueType value_type(const std::string& text) {
  const std::size_t open = text.find(":{");
  ValueType type{text.substr(0, open), {}};
  if (open == std::string::npos) return type;
  const std::size_t close = text.find('}', open);
  type.choices = CLI::detail::split(text.substr(open + 2, close - open - 2), ',');
  return type;
}

ValueKind kind_of(const ValueType& type, bool is_argument) {
  if (!type.choices.empty()) return ValueKind::choice;
  if (type.name == "DIR" || type.name == "FOLDER") return ValueKind::folder;
  if (type.name.find("FILE") != std::string::npos || is_argument) return ValueKind::file;
  return ValueKind::word;
}

OptionWords words_of_option(const CLI::Option& option) {
  OptionWords words;
  const bool is_argument = !option.nonpositional();
  for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
  if (is_argument) words.names = {option.get_name(true)};
  words.text = option.get_description();
  words.initial = option.get_default_str();
  words.repeatable = option.get_items_expected_max() > 1;
  if (option.get_items_expected_max() == 0) return words;  // a flag
  const ValueType type = value_type(option.get_type_name());
  words.choices = type.choices;
  words.value = is_argument ? option.get_name(true) : type.name;
  words.kind = kind_of(type, is_argument);
  return words;
}

CommandWords words_of_command(const CLI::App& app) {
  CommandWords words{app.get_name(), app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    auto& list = option->nonpositional() ? words.options : words.arguments;
    list.push_back(words_of_option(*option));
  }
  return words;
}

}  // namespace

ProgramWords words_of(const CLI::App& app) {
  ProgramWords words{words_of_command(app), {}, app.get_footer()};
  words.program.name.clear();
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    words.commands.push_back(words_of_command(*command));
  return words;
}

}  // namespace hecaton::runs
