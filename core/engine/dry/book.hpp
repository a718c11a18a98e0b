// What the ranks of a dry run would do, and how long that would take them: counts, and two clocks.
//
// Counts are exact. The clocks are predictions from stated costs.
//
// Windows: in each window every rank processes its events and sends its batches; the slowest of them and the
// reduction make the window. A batch costs both ends `message_s` and its bytes over the bandwidth.
//
// Promises: each rank has a clock of its own. Before it processes an event at t, each neighbour must have
// processed everything that may reach another rank until t, and word of it must have come, which takes
// `latency_s`. What a rank sends costs it its bytes over the bandwidth; each time `promise_every` of
// simulated time has passed it renews its promises, which costs `promise_s`. While a model says that nothing
// is on its way between a rank and others (`busy`), that rank is taken to know when it sends next: only what
// it does send is waited for, and it renews no promises. A run knows a little less, so this errs by what it
// then waits for messages that it cannot rule out.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::engine {

// Seconds; a tree of `reduction_s` per level combines the offers of all ranks.
struct DryCosts {
  double event_s = 0;
  double latency_s = 0;
  double message_s = 0;
  double promise_s = 0;
  double reduction_s = 0;
  double bandwidth_Bps = 0;
  SimDuration promise_every{};  // 0: with every instant
};

class DryBook {
 public:
  struct Lane {  // from one rank to another
    RankId to;
    std::uint64_t records = 0;
    std::uint64_t batches = 0;
    std::uint64_t window = 0;  // of the latest batch
  };
  struct Rank {
    std::uint64_t events = 0;
    std::vector<Lane> lanes;  // in the order in which they were first used

    std::uint64_t records() const;
    std::uint64_t batches() const;
  };

  // `neighbours`: of each rank, those that it waits for. `record_bytes`: of an event on its way.
  DryBook(std::vector<std::vector<RankId>> neighbours, std::uint64_t record_bytes, const DryCosts& costs);

  // An event of the rank; what it causes reaches another rank at `output` at the earliest.
  void handled(RankId rank, SimTime at, SimTime output);
  void posted(RankId from, RankId to, SimTime arrival);
  // Something is on its way between the rank and others until then.
  void busy(RankId rank, SimTime until);
  void close_window();

  const std::vector<Rank>& ranks() const { return ranks_; }
  std::uint64_t windows() const { return windows_; }
  std::uint64_t events_of_busiest() const { return busiest_; }  // of each window the busiest rank's, summed
  double windows_s() const { return windows_s_; }
  double promises_s() const;

 private:
  struct Passage {  // an event that may reach another rank at `output`, processed at `finished_s`
    SimTime output;
    double finished_s = 0;
  };
  struct Clock {
    double now_s = 0;
    SimTime instant = SimTime::never();     // the latest that was processed
    SimTime renewal{};                      // of the promises, when that is due again
    std::deque<Passage> passages;           // rising in both
    SimTime busy_until = SimTime::never();  // with what is on its way; never: nobody says
    double released_s = 0;  // when everything was processed that can reach another rank by now
  };
  struct Share {  // of a rank in the window under way
    std::uint64_t window = 0;
    std::uint64_t events = 0;
    double exchange_s = 0;
  };

  Share& share_of(RankId rank);
  void tick(RankId rank, SimTime at, SimTime output);
  static void pass(Clock& clock, SimTime output);

  std::vector<std::vector<RankId>> neighbours_;
  std::uint64_t record_bytes_;
  DryCosts costs_;
  double reduction_s_;
  std::vector<Rank> ranks_;
  std::vector<Clock> clocks_;
  std::vector<Share> shares_;
  std::vector<RankId> active_;  // ranks with a share of the window under way
  std::uint64_t windows_ = 0;
  std::uint64_t busiest_ = 0;
  double windows_s_ = 0;
};

}  // namespace hecaton::engine
