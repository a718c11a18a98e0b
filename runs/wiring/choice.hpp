// Which of several programs that do the same work to take: that with the least time by its closed form, and where dies
// exchange messages across others, by what their rounds take if links are shared. Choosing simulates nothing. Where the
// programs of a step are open, first each of their collectives is done as takes least, by its closed form alone.
//
// Of 100 random decks 94 take at most 5 % longer so than by the best of all that fits, the others at most 24 %: broadcasts
// both ways through one port, few bytes in many lanes (tests: choice_test.cpp).
#pragma once

#include "io/deck/deck.hpp"
#include "io/deck/workloads/die_work.hpp"

namespace hecaton::runs {

// Work without alternatives as it is. Else the alternative that is expected to end first, the plainest of those within
// 4 % of it, with facts that name it, the next two and what they would take. Throws training::PlanError if simulated time
// ends before one of them does.
io::DieWork chosen(const io::Deck& deck, io::DieWork work);

}  // namespace hecaton::runs
