#include "io/export/lanes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>

namespace hecaton::io {
namespace {

using chiplet::OperationRow;

// Puts rows of one engine, by start, into lanes: each into the one that has been free for longest.
void add_lanes(Engine engine, const std::vector<OperationRow>& rows, std::vector<Lane>& lanes) {
  using FreeAt = std::pair<std::int64_t, std::size_t>;  // when the lane is free, which one
  std::priority_queue<FreeAt, std::vector<FreeAt>, std::greater<>> free;
  const std::size_t before = lanes.size();
  for (const OperationRow& row : rows) {
    std::size_t lane = lanes.size();
    if (!free.empty() && free.top().first <= row.start_ps) {
      lane = free.top().second;
      free.pop();
    } else {
      lanes.push_back({engine, static_cast<std::uint32_t>(lane - before), {}});
    }
    lanes[lane].slices.push_back(row);
    free.emplace(row.end_ps, lane);
  }
}

}  // namespace

Engine engine_of(chiplet::OperationKind kind) {
  using enum chiplet::OperationKind;
  switch (kind) {
    case matmul:
      return Engine::compute;
    case vector:
      return Engine::vector;
    case dram_read:
    case dram_write:
      return Engine::dram;
    case dram_wait:
    case idle:
      return Engine::waits;
    case all_gather:
    case reduce_scatter:
    case all_reduce:
    case broadcast:
    case reduce:
    case all_to_all:
    case send:
    case receive:
      return Engine::collectives;
  }
  return Engine::waits;
}

std::vector<Lane> lanes_of(std::vector<OperationRow> rows) {
  // Rows that take no time come before one that starts where they are, or they would need a lane of their own.
  std::stable_sort(rows.begin(), rows.end(), [](const OperationRow& a, const OperationRow& b) {
    return std::tie(a.start_ps, a.end_ps) < std::tie(b.start_ps, b.end_ps);
  });
  std::vector<Lane> lanes;
  for (const Engine engine : values_of<Engine>()) {
    std::vector<OperationRow> of_engine;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(of_engine),
                 [&](const OperationRow& row) { return engine_of(row.kind) == engine; });
    add_lanes(engine, of_engine, lanes);
  }
  return lanes;
}

std::string lane_name(std::uint32_t die, const Lane& lane) {
  const std::string name = fmt::format("die {} {}", die, name_of(lane.engine));
  return lane.number == 0 ? name : fmt::format("{} {}", name, lane.number + 1);
}

std::string slice_name(chiplet::OperationKind kind, chiplet::Stage stage) {
  const std::string name(name_of(kind));
  return stage == chiplet::Stage::none ? name : fmt::format("{} {}", name, name_of(stage));
}

}  // namespace hecaton::io
