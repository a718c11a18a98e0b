// From the end of a step backwards over what dies did, each time to what the moment waited for: the operation that ended
// then, or the wait that did, and from there to when its message was handed over, on the die that did that.
//
// One rank has the rows of its own dies. It follows the path as long as it stays on them; whoever has the die on which
// it goes on then follows it further. At any time one thing at most can have been waited for on a die, so the path is
// the same however dies are divided among ranks. Ties are at its end only: of dies that end together the first counts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/chiplet/program/passes.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/chiplet/program/waits.hpp"
#include "core/critical_path/segments.hpp"

namespace hecaton::critical {

// What a rank recorded: rows of its dies, which ascend, die by die, in the order of their ends.
struct Records {
  std::span<const std::uint32_t> dies;
  std::span<const std::uint64_t> operations_per_die;
  std::span<const chiplet::OperationRow> operations;
  std::span<const std::uint64_t> waits_per_die;
  std::span<const chiplet::WaitRow> waits;
};

// What the time between the cause and the end of a wait would have been, had nothing been in the way.
struct Undisturbed {
  std::int64_t latency_ps = 0;
  std::int64_t transfer_ps = 0;
};
using UndisturbedWait = std::function<Undisturbed(const chiplet::WaitRow&)>;

// A die at a time; what it had waited for until then is asked for.
struct Place {
  std::uint32_t die = 0;
  std::int64_t ps = 0;
  friend bool operator==(const Place&, const Place&) = default;
};
// The later one; of two at a time that of the lower die.
Place later(const Place& a, const Place& b);

class Walk {
 public:
  // The rows must outlive it.
  Walk(const Records& records, UndisturbedWait undisturbed);

  bool holds(std::uint32_t die) const;
  // Where the last of these dies ended; nothing if there are none.
  std::optional<Place> end() const;
  // Adds segments, the latest first, until time 0 or a die that is not held, and returns that place. Precondition: the
  // die of `from` is held. Throws std::logic_error if rows do not tell what a die did before that.
  Place follow(Place from, std::vector<Segment>& segments);

 private:
  std::size_t index_of(std::uint32_t die) const;
  std::span<const chiplet::OperationRow> operations_of(std::size_t i) const;
  std::span<const chiplet::WaitRow> waits_of(std::size_t i) const;
  chiplet::Pass pass_of(std::size_t i, const chiplet::OperationRow& row);
  Segment label(std::size_t i, const chiplet::OperationRow* row, std::uint32_t die);
  Place step(const Place& at, std::vector<Segment>& segments);
  void add_wait(const chiplet::WaitRow& wait, Segment segment, std::vector<Segment>& segments) const;

  Records records_;
  UndisturbedWait undisturbed_;
  std::vector<std::uint64_t> first_operation_, first_wait_;  // of each die, and the end
  std::vector<std::optional<chiplet::PassFinder>> passes_;   // of the dies that were asked for
};

}  // namespace hecaton::critical
