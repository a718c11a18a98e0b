#include "runs/verify/die/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hecaton::runs {

void DieFindings::compare(Number got, Number expected, std::uint64_t Findings::*counter,
                          const std::string& where) {
  ++(all_.*counter);
  const auto error =
      got == expected ? 0.0 : static_cast<double>(std::abs(got - expected) / std::abs(expected));
  all_.worst = std::max(all_.worst, error);
  if (error <= tolerated_error) return;  // not so for what is no number
  ++all_.wrong;
  if (all_.first_wrong.empty())
    all_.first_wrong = fmt::format("die {}, {}: {} instead of {}", die_.value, where,
                                   static_cast<double>(got), static_cast<double>(expected));
}

void DieFindings::wrong_operation(const Linear& linear, std::int32_t layer, const std::string& what) {
  ++all_.wrong;
  if (all_.first_wrong.empty())
    all_.first_wrong =
        fmt::format("die {}, {} of layer {}: {}", die_.value, name_of(linear.stage), layer, what);
}

void DieFindings::not_there(const TensorName& name, std::uint64_t row, std::uint64_t feature) {
  ++all_.wrong;
  if (all_.first_wrong.empty())
    all_.first_wrong = fmt::format("die {}, {} of operator {}: token {}, feature {} is needed and not there",
                                   die_.value, name_of(name.stage), name.block, row, feature);
}

void DieFindings::missing(const std::string& what, std::uint64_t count) {
  if (count == 0) return;
  all_.wrong += count;
  if (all_.first_wrong.empty())
    all_.first_wrong = fmt::format("die {}: {} elements of {} are missing", die_.value, count, what);
}

}  // namespace hecaton::runs
