// The collectives of a die that runs a graph: in each communicator one at a time, in the order in which they stand in the
// die's file, which all members share. Communicators do not wait for each other, but share the unit that reduces.
//
// A collective runs in `parts`, one after the other, each in lanes (schedules/lanes.hpp) of steps
// (schedules/exchange.hpp). Before each step, and before the end, a lane waits for the endpoint's delay.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/chiplet/graph/node.hpp"
#include "core/chiplet/graph/setup.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/schedules/exchange.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet::graph {

struct Lane {
  enum class At : std::uint8_t {
    delayed,   // until `until`: then it sends, or ends
    waiting,   // for the chunk of its step
    reducing,  // until `until`
    ended
  };
  At at = At::delayed;
  std::uint32_t step = 0;
  std::uint32_t steps = 0;
  SimTime until;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(at, step, steps, until);
  }
};

// What a die is at in one communicator.
struct GroupProgress {
  struct Turn {
    std::uint64_t number = 0;  // of the node
    bool is_ready = false;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(number, is_ready);
    }
  };
  std::deque<Turn> turns;      // not begun, in the order of the file
  std::uint64_t sequence = 0;  // parts that have begun: all members count alike
  bool is_running = false;
  std::uint64_t number = 0;  // of the node that runs
  std::uint32_t part = 0;
  SimTime started;
  std::vector<Lane> lanes;

  void make_ready(std::uint64_t of_number);
  bool is_next_ready() const { return !is_running && !turns.empty() && turns.front().is_ready; }
  bool has_ended() const;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(turns, sequence, is_running, number, part, started, lanes);
  }
};

// The operation that a part of a collective is, among so many members. Throws std::overflow_error.
Op operation_of(const Node& node, const Way& way, std::uint32_t members, std::uint32_t part,
                std::uint32_t parts);

Places places_of(const GroupPlace& place);
std::uint32_t steps_of(const Op& op, const Way& way, const GroupPlace& place);
Exchange exchange_of(const Op& op, const Way& way, const GroupPlace& place, std::uint32_t root,
                     const Lane& lane, std::uint32_t lane_number);

}  // namespace hecaton::chiplet::graph
