// What a run cannot count: simulated time and counts have 64 bits. A deck that leads beyond is refused at the key
// that most likely leads there.
#pragma once

#include <stdexcept>
#include <string_view>
#include <utility>

#include "core/training/model/plan_error.hpp"

namespace hecaton::runs {

inline constexpr std::string_view too_long = "makes the run too long";

// What `count` returns; throws training::PlanError where a time or a count in it leaves 64 bits.
template <class F>
auto within_limits(std::string_view key, std::string_view problem, F&& count) {
  try {
    return std::forward<F>(count)();
  } catch (const std::overflow_error& error) {
    throw training::PlanError(std::string(key), std::string(problem), error.what(),
                              "choose another value, or a smaller workload");
  }
}

}  // namespace hecaton::runs
