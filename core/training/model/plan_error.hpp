// The one error of everything that plans: it names the key of the deck that is to blame.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace hecaton::training {

// The deck asks for something this method, mesh or die cannot do. `table_key` is the key to blame.
struct PlanError : std::runtime_error {
  PlanError(std::string key, std::string what_is_wrong, std::string why_it_is, std::string what_to_do);
  std::string table_key;
  std::string problem;
  std::string why;
  std::string suggestion;
  std::uint64_t needed_bytes = 0;  // of a buffer that is too small: what this asks of it; else 0
  std::vector<PlanError> others;   // what else is wrong with the same deck
};
using PlanErrors = std::vector<PlanError>;

// Throws the first, which has the others; nothing if there are none.
void throw_all(PlanErrors errors);

}  // namespace hecaton::training
