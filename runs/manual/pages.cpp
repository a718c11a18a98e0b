#include "runs/manual/pages.hpp"

#include <fmt/format.h>

#include <cctype>

#include "runs/cli/exit_code.hpp"

namespace hecaton::runs {
namespace {

// Text that troff prints as it is. A hyphen alone may become a dash that a shell does not know.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  // A dot or an apostrophe that begins a line would be a request.
  return !result.empty() && (result.front() == '.' || result.front() == '\'') ? fmt::format("\\&{}", result)
                                                                              : result;
}

std::string bold(std::string_view text) {
  return fmt::format("\\fB{}\\fR", plain(text));
}

std::string italic(std::string_view text) {
  return fmt::format("\\fI{}\\fR", plain(text));
}

// No date: the same program has the same pages.
std::string title(std::string name, std::string_view version) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return fmt::format(".TH \"{}\" 1 \"\" \"hecaton {}\" \"User Commands\"\n", plain(name), version);
}

std::string entry(const OptionWords& option) {
  std::string text = ".TP\n";
  for (const std::string& name : option.names) {
    if (&name != &option.names.front()) text += ", ";
    text += name.starts_with('-') ? bold(name) : italic(name);
  }
  if (!option.value.empty() && option.longest().starts_with('-'))
    text += fmt::format(" {}", italic(option.value));
  text += fmt::format("\n{}", plain(option.text));
  if (!option.choices.empty()) {
    text += "\n.br\nOne of ";
    for (const std::string& choice : option.choices)
      text += fmt::format("{}{}", &choice == &option.choices.front() ? "" : ", ", bold(choice));
    text += ".";
  }
  if (!option.initial.empty()) text += fmt::format("\n.br\nDefault: {}", bold(option.initial));
  return text + "\n";
}

std::string entries(std::string_view heading, const std::vector<OptionWords>& options) {
  if (options.empty()) return {};
  std::string text = fmt::format(".SH {}\n", heading);
  for (const OptionWords& option : options) text += entry(option);
  return text;
}

std::string exit_status() {
  std::string text = ".SH \"EXIT STATUS\"\n";
  const auto add = [&text](int code, std::string_view meaning) {
    text += fmt::format(".TP\n.B {}\n{}\n", code, plain(meaning));
  };
  add(exit_done, "Done.");
  add(exit_failed, "The run failed; the reason is on standard error.");
  add(exit_bad_input, "Bad usage or bad input; nothing was simulated or written.");
  add(exit_stopped, "Stopped early, with a checkpoint to go on from.");
  return text;
}

}  // namespace

std::string program_page(const ProgramWords& words, std::string_view version) {
  std::string page = title("hecaton", version);
  page += fmt::format(".SH NAME\nhecaton \\- {}\n", plain(words.program.text));
  page += fmt::format(".SH SYNOPSIS\n{} {} [{}]\n", bold("hecaton"), italic("COMMAND"), italic("OPTION..."));
  page +=
      fmt::format(".SH DESCRIPTION\n{}\nEach command has a page of its own.\n", plain(words.program.text));
  page += ".SH COMMANDS\n";
  for (const CommandWords& command : words.commands)
    page +=
        fmt::format(".TP\n{}(1)\n{}\n", bold(fmt::format("hecaton-{}", command.name)), plain(command.text));
  page += entries("OPTIONS", words.program.options);
  return page + exit_status();
}

std::string command_page(const CommandWords& command, std::string_view version) {
  std::string page = title(fmt::format("hecaton-{}", command.name), version);
  page += fmt::format(".SH NAME\n{} \\- {}\n", plain(fmt::format("hecaton-{}", command.name)),
                      plain(command.text));
  page += fmt::format(".SH SYNOPSIS\n{} [{}]", bold(fmt::format("hecaton {}", command.name)),
                      italic("OPTION..."));
  for (const OptionWords& argument : command.arguments)
    page += fmt::format(" {}{}", italic(argument.longest()), argument.repeatable ? "..." : "");
  page += fmt::format("\n.SH DESCRIPTION\n{}.\n", plain(command.text));
  page += entries("ARGUMENTS", command.arguments) + entries("OPTIONS", command.options) + exit_status();
  return page + fmt::format(".SH \"SEE ALSO\"\n{}(1)\n", bold("hecaton"));
}

}  // namespace hecaton::runs
