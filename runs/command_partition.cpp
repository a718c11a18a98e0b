#include "runs/command_partition.hpp"

#include <fmt/format.h>

#include "runs/command_input.hpp"

namespace hecaton::runs {

int print_partition(const PartitionArguments& arguments) {
  return guarded([&] {
    const CheckedDeck checked = check_deck_input(arguments.input, arguments.ranks);
    fmt::print("{}, partition \"{}\", {} ranks, lookahead {} ps\n\n{}", checked.loaded.deck.name,
               arguments.input.partition, arguments.ranks, checked.preview.lookahead_ps,
               checked.preview.regions);
  });
}

}  // namespace hecaton::runs
