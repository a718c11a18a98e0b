#include "runs/manual/completions.hpp"

#include <fmt/format.h>

namespace hecaton::runs {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? std::string() : std::string(between)) + word;
  return text;
}

std::vector<std::string> names_of_all(const std::vector<OptionWords>& options) {
  std::vector<std::string> names;
  for (const OptionWords& option : options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

std::vector<std::string> names_of_commands(const ProgramWords& words) {
  std::vector<std::string> names;
  for (const CommandWords& command : words.commands) names.push_back(command.name);
  return names;
}

// Backslashes before all characters that mean something.
std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

// Within single quotes of bash and zsh.
std::string single_quoted(std::string_view text) {
  std::string result;
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + result + "'";
}

// What bash answers for a value; nothing for any word.
std::string bash_answer(const OptionWords& option) {
  switch (option.kind) {
    case ValueKind::choice:
      return fmt::format("_hecaton_words '{}'", joined(option.choices));
    case ValueKind::folder:
      return "_hecaton_paths -d";
    case ValueKind::file:
      return "_hecaton_paths -f";
    case ValueKind::word:
    case ValueKind::none:
      break;
  }
  return ":";
}

std::string bash_command(const CommandWords& command) {
  std::string text = fmt::format("    {})\n      case $previous in\n", command.name);
  for (const OptionWords& option : command.options) {
    if (option.kind == ValueKind::none) continue;
    text += fmt::format("        {}) {}; return ;;\n", joined(option.names, "|"), bash_answer(option));
  }
  text += fmt::format("      esac\n      [[ $current == -* ]] && {{ _hecaton_words '{}'; return; }}\n",
                      joined(names_of_all(command.options)));
  if (!command.arguments.empty()) text += fmt::format("      {}\n", bash_answer(command.arguments.front()));
  return text + "      ;;\n";
}

constexpr std::string_view bash_head = R"(# Completion of hecaton for bash.
_hecaton_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_hecaton_paths() {
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
  compopt -o filenames 2>/dev/null
}
_hecaton() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word
  # Bash makes three words of --option=value.
  if [[ $current == = ]]; then
    current=''
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word != -* ]] && { command=$word; break; }
  done
  COMPREPLY=()
  case $command in
)";

// A description in brackets.
std::string zsh_text(const OptionWords& option) {
  return fmt::format("[{}]", escaped(option.text, "[]\\:"));
}

std::string zsh_value(const OptionWords& option) {
  const std::string what = escaped(option.value, "[]\\:");
  switch (option.kind) {
    case ValueKind::choice:
      return fmt::format(":{}:({})", what, joined(option.choices));
    case ValueKind::folder:
      return fmt::format(":{}:_files -/", what);
    case ValueKind::file:
      return fmt::format(":{}:_files", what);
    case ValueKind::word:
      return fmt::format(":{}: ", what);
    case ValueKind::none:
      break;
  }
  return {};
}

// One specification of _arguments for each name.
std::string zsh_options(const std::vector<OptionWords>& options, std::string_view indent) {
  std::string text;
  for (const OptionWords& option : options) {
    for (const std::string& name : option.names) {
      const bool joins = option.kind != ValueKind::none && name.starts_with("--");
      text += fmt::format(" \\\n{}{}", indent,
                          single_quoted(fmt::format("{}{}{}{}{}", option.repeatable ? "*" : "", name,
                                                    joins ? "=" : "", zsh_text(option), zsh_value(option))));
    }
  }
  return text;
}

std::string zsh_command(const CommandWords& command) {
  std::string text = fmt::format("        {})\n          _arguments{}", command.name,
                                 zsh_options(command.options, "            "));
  for (const OptionWords& argument : command.arguments)
    text +=
        fmt::format(" \\\n            {}",
                    single_quoted(fmt::format("{}{}", argument.repeatable ? "*" : "", zsh_value(argument))));
  return text + "\n          ;;\n";
}

std::string fish_option(const std::string& condition, const OptionWords& option) {
  std::string text = fmt::format("complete -c hecaton -n '{}'", condition);
  for (const std::string& name : option.names)
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  switch (option.kind) {
    case ValueKind::choice:
      text += fmt::format(" -x -a '{}'", joined(option.choices));
      break;
    case ValueKind::folder:
      text += " -x -a '(__fish_complete_directories)'";
      break;
    case ValueKind::file:
      text += " -r -F";
      break;
    case ValueKind::word:
      text += " -x";
      break;
    case ValueKind::none:
      break;
  }
  return text + fmt::format(" -d '{}'\n", escaped(option.text, "'\\"));
}

std::string fish_command(const CommandWords& command) {
  const std::string condition = "__fish_seen_subcommand_from " + command.name;
  std::string text = fmt::format("complete -c hecaton -n __fish_use_subcommand -a {} -d '{}'\n", command.name,
                                 escaped(command.text, "'\\"));
  for (const OptionWords& argument : command.arguments) {
    text += argument.kind == ValueKind::choice
                ? fmt::format("complete -c hecaton -n '{}' -a '{}'\n", condition, joined(argument.choices))
                : fmt::format("complete -c hecaton -n '{}' -F\n", condition);
  }
  for (const OptionWords& option : command.options) text += fish_option(condition, option);
  return text;
}

}  // namespace

std::string bash_completion(const ProgramWords& words) {
  std::string text(bash_head);
  text += fmt::format("    '') _hecaton_words '{} {}' ;;\n", joined(names_of_commands(words)),
                      joined(names_of_all(words.program.options)));
  for (const CommandWords& command : words.commands) text += bash_command(command);
  return text + "  esac\n}\ncomplete -F _hecaton hecaton\n";
}

std::string zsh_completion(const ProgramWords& words) {
  std::string text =
      "#compdef hecaton\n# Completion of hecaton for zsh.\n_hecaton() {\n  local curcontext=$curcontext state line\n"
      "  local -a commands=(\n";
  for (const CommandWords& command : words.commands)
    text += fmt::format("    {}\n", single_quoted(command.name + ":" + command.text));
  text += fmt::format("  )\n  _arguments -C{} \\\n    '1:command:->command' '*::argument:->argument'\n",
                      zsh_options(words.program.options, "    "));
  text +=
      "  case $state in\n    command) _describe command commands ;;\n    argument)\n      case $words[1] in\n";
  for (const CommandWords& command : words.commands) text += zsh_command(command);
  return text + "      esac\n      ;;\n  esac\n}\n_hecaton \"$@\"\n";
}

std::string fish_completion(const ProgramWords& words) {
  std::string text = "# Completion of hecaton for fish.\ncomplete -c hecaton -f\n";
  for (const OptionWords& option : words.program.options)
    text += fish_option("__fish_use_subcommand", option);
  for (const CommandWords& command : words.commands) text += fish_command(command);
  return text;
}

}  // namespace hecaton::runs
