// What the commands that take a deck share: reading it, checking all that a run would check, and reporting.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "io/deck_reader.hpp"
#include "runs/command_line.hpp"
#include "runs/simulation.hpp"

namespace hecaton::runs {

struct CheckedDeck {
  io::LoadedDeck loaded;
  Preview preview;
};

// Reads the deck and looks at the run it makes on so many ranks. Throws InputError for anything wrong with
// either, at the deck's line where there is one.
CheckedDeck check_deck_input(const DeckArguments& input, int ranks);

// The same for a point of a study.
CheckedDeck check_point(const std::filesystem::path& deck, std::span<const io::Entry> values, int ranks,
                        const std::string& partition);

// One line on stderr.
void print_error(std::string_view message);

// Runs a command that reads no more than files: InputError is bad input, anything else a failure.
int guarded(const std::function<void()>& command);

}  // namespace hecaton::runs
