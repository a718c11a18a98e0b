#include "core/training/model/plan_error.hpp"

#include <iterator>
#include <utility>

namespace hecaton::training {

PlanError::PlanError(std::string key, std::string what_is_wrong, std::string why_it_is,
                     std::string what_to_do)
    : std::runtime_error(key + ": " + what_is_wrong + " (" + why_it_is + ") " + what_to_do),
      table_key(std::move(key)),
      problem(std::move(what_is_wrong)),
      why(std::move(why_it_is)),
      suggestion(std::move(what_to_do)) {}

void throw_all(PlanErrors errors) {
  if (errors.empty()) return;
  PlanError first = std::move(errors.front());
  first.others.assign(std::make_move_iterator(errors.begin() + 1), std::make_move_iterator(errors.end()));
  throw first;
}

}  // namespace hecaton::training
