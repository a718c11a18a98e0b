// How a check complains of a deck: at the place where the key that is most likely the wrong one was given.
#pragma once

#include <string_view>

#include "io/deck/locations.hpp"

namespace hecaton::io {

struct Refuser {
  const KeyLocations& locations;
  [[noreturn]] void operator()(std::string_view key, std::string_view problem, std::string_view why,
                               std::string_view suggestion) const {
    throw InputError(locations.find(key), key, problem, why, suggestion);
  }
};

}  // namespace hecaton::io
