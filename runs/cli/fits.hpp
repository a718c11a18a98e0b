// On which meshes the model of a deck can be trained, by each method: the table of `validate --fits`.
#pragma once

#include <string>

#include "io/deck/reader.hpp"

namespace hecaton::runs {

// Throws InputError if the deck trains no model.
std::string fits_table(const io::LoadedDeck& loaded);

// The same as JSON.
std::string fits_json(const io::LoadedDeck& loaded);

}  // namespace hecaton::runs
