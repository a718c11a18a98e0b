// The keys of [execution] in decks.
#pragma once

#include "io/deck/registry.hpp"

namespace hecaton::io {

Table execution_table();

}  // namespace hecaton::io
