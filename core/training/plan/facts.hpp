// Lines of what `validate` shows about a plan.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/training/plan/plan.hpp"
#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

PlanFact fact(std::string key, std::uint64_t value, std::string unit);

// "token tiles forward (QKV, output, FFN)" and "2, 4, 16".
PlanFact tiles_fact(const char* direction, const std::vector<TiledStage>& stages);

// The divisors of `number` next to `by`, which is none: "4", "4 or 8".
std::string nearest_divisors(std::uint64_t number, std::uint64_t by);

// Adds `text` to a list, separated by commas.
void append_item(std::string& list, const std::string& text);

}  // namespace hecaton::training
