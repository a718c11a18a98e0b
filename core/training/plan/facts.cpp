#include "core/training/plan/facts.hpp"

#include <fmt/format.h>

#include <utility>

namespace hecaton::training {

PlanFact fact(std::string key, std::uint64_t value, std::string unit) {
  return {std::move(key), fmt::format("{}", value), std::move(unit)};
}

std::string nearest_divisors(std::uint64_t number, std::uint64_t by) {
  if (by > number) return fmt::format("{}", number);
  return fmt::format("{} or {}", divisor_at_most(number, by), divisor_at_least(number, by));
}

void append_item(std::string& list, const std::string& text) {
  if (!list.empty()) list += ", ";
  list += text;
}

PlanFact tiles_fact(const char* direction, const std::vector<TiledStage>& stages) {
  std::string names, tiles;
  for (const TiledStage& stage : stages) {
    append_item(names, stage.name);
    append_item(tiles, fmt::format("{}", stage.tiles));
  }
  return {fmt::format("token tiles {} ({})", direction, names), tiles, ""};
}

}  // namespace hecaton::training
