#include "runs/cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "io/files/input_error.hpp"
#include "runs/cli/app.hpp"
#include "runs/cli/exit_code.hpp"

namespace hecaton::runs {
namespace {

std::string help_of(const CLI::App& app) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  return commands.empty() ? app.help() : commands.front()->help("hecaton");
}

std::string guess(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const std::string_view near = io::nearest(word, views);
  return near.empty() ? std::string() : fmt::format("; did you mean {}?", near);
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional()) names.push_back(option->get_name());
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

// An unknown word explains more than what is missing because of it.
std::string reason_of(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  const CLI::App& command = commands.empty() ? app : *commands.front();
  for (const std::string& word : app.remaining(true)) {
    if (word.starts_with('-')) {
      return fmt::format("{} is not an option{}", io::in_quotes(word), guess(word, option_names(command)));
    }
    if (commands.empty()) {
      return fmt::format("{} is not a command{}", io::in_quotes(word), guess(word, command_names(app)));
    }
  }
  return error.what();
}

UsageText usage_error(const CLI::App& app, std::string_view reason) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  const std::string help = commands.empty() ? "" : " " + commands.front()->get_name();
  const io::InputError error(fmt::format("hecaton: error: {} (see \"hecaton{} --help\")", reason, help));
  return {exit_bad_input, fmt::format("{}\n", error.what())};
}

}  // namespace

const Command* find_command(std::span<const Command* const> commands,
                            std::span<const char* const> arguments) {
  const auto words = arguments.subspan(arguments.empty() ? 0 : 1);
  const auto word = std::find_if(words.begin(), words.end(),
                                 [](const std::string_view argument) { return !argument.starts_with('-'); });
  if (word == words.end()) return nullptr;
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const Command* command) { return command->name == *word; });
  return found == commands.end() ? nullptr : *found;
}

bool runs_on_ranks(const Command& command, std::span<const char* const> arguments) {
  if (!command.on_ranks || command.check_option.empty()) return command.on_ranks;
  return std::none_of(arguments.begin(), arguments.end(), [&](const std::string_view argument) {
    return argument == command.check_option || argument.starts_with(std::string(command.check_option) + "=");
  });
}

std::variant<UsageText, Action> parse_command_line(std::span<const Command* const> commands,
                                                   std::span<const char* const> arguments) {
  AppTree tree = make_app(commands);
  CLI::App& app = *tree.app;
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::CallForHelp&) {
    return UsageText{exit_done, help_of(app)};
  } catch (const CLI::CallForVersion&) {
    return UsageText{exit_done, version_text() + "\n"};
  } catch (const CLI::ParseError& error) {
    return usage_error(app, reason_of(app, error));
  }
  const std::string chosen = app.get_subcommands().front()->get_name();
  std::size_t index = 0;
  while (commands[index]->name != chosen) ++index;
  return std::move(tree.actions[index]);
}

}  // namespace hecaton::runs
