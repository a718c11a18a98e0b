// What `validate` tells of a deck, as JSON.
#pragma once

#include <string>

#include "io/report/facts.hpp"
#include "runs/cli/deck_input.hpp"

namespace hecaton::runs {

io::Facts validated_facts(const CheckedDeck& checked, const std::string& partition, int ranks);

}  // namespace hecaton::runs
