// The depth that nodes count: against the longest path through the graph of all events, which a queue of the
// test's own writes down edge by edge.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "tests/net/message_bench.hpp"

namespace hecaton::test::critical_path_test {
namespace {

// Processes events one at a time in full-key order, and notes what each one had to wait for.
class Chronicle {
 public:
  using Model = net::PackageModel<Sender>;
  using EventType = engine::Event<net::Payload>;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  explicit Chronicle(Model& model) : model_(model), latest_(model.nodes().size(), none) {}

  void run() {
    model_.start(*this);
    while (!pending_.empty()) {
      const SimTime now = pending_.begin()->event.time;
      while (!pending_.empty() && pending_.begin()->event.time == now) {
        const Entry entry = *pending_.begin();
        pending_.erase(pending_.begin());
        const std::uint32_t node = entry.event.receiver().value;
        const std::size_t number = longest_.size();
        longest_.push_back(1 + std::max(length(entry.posted_by), length(latest_[node])));
        latest_[node] = number;
        model_.handle(entry.event, *this);
      }
      model_.settle(now, *this);
    }
  }

  // What is posted while an instant settles follows all that its node has seen.
  void post(SimTime time, engine::Phase phase, NodeId receiver, NodeId sender, std::uint32_t sequence,
            const net::Payload& payload, std::uint32_t depth) {
    pending_.insert({{time, phase, receiver, sender, sequence, payload, depth}, latest_[sender.value]});
  }

  std::size_t events() const { return longest_.size(); }
  std::uint32_t longest() const { return *std::max_element(longest_.begin(), longest_.end()); }

 private:
  struct Entry {
    EventType event;
    std::size_t posted_by;
    bool operator<(const Entry& other) const { return engine::precedes(event, other.event); }
  };
  std::uint32_t length(std::size_t number) const { return number == none ? 0 : longest_[number]; }

  Model& model_;
  std::multiset<Entry> pending_;
  std::vector<std::uint32_t> longest_;  // path that ends with each event, in the order of processing
  std::vector<std::size_t> latest_;     // event of each node
};

std::uint32_t deepest(const Chronicle::Model& model) {
  std::uint32_t depth = 0;
  for (const auto& node : model.nodes()) depth = std::max(depth, node.depth);
  return depth;
}

struct Measured {
  std::uint32_t counted = 0, longest = 0;
  std::size_t events = 0;
};

Measured measure(const std::vector<Planned>& plan) {
  net::Fabric fabric(wormhole_mesh(3, 3), false);
  std::vector<Arrival> arrivals;
  Chronicle::Model model(fabric, std::vector<RankId>(fabric.topology.nodes()), RankId{0}, [&](NodeId id) {
    std::vector<Planned> mine;
    for (const Planned& p : plan)
      if (p.from == id) mine.push_back(p);
    return Sender(std::move(mine), &arrivals);
  });
  Chronicle chronicle(model);
  chronicle.run();
  EXPECT_EQ(arrivals.size(), plan.size());
  return {deepest(model), chronicle.longest(), chronicle.events()};
}

TEST(CriticalPath, IsTheLongestPathThroughAllEvents) {
  std::vector<Planned> plan;
  for (std::uint32_t i = 0; i < 60; ++i)
    plan.push_back(
        {i * 1700,
         NodeId{i % 9},
         {NodeId{(i * 7 + 4) % 9 == i % 9 ? (i + 1) % 9 : (i * 7 + 4) % 9}, i, 64 + 640 * (i % 5)}});
  const Measured measured = measure(plan);
  EXPECT_EQ(measured.counted, measured.longest);
  EXPECT_GT(measured.events, 2 * measured.longest) << "the nodes have something to do at the same time";
}

TEST(CriticalPath, MessagesApartDoNotLengthenEachOther) {
  // One flit from corner to neighbour, alone, and beside the same in the opposite corner.
  const std::vector<Planned> one{{0, NodeId{0}, {NodeId{1}, 1, 64}}};
  const std::vector<Planned> two{{0, NodeId{0}, {NodeId{1}, 1, 64}}, {0, NodeId{8}, {NodeId{7}, 1, 64}}};
  const Measured alone = measure(one);
  const Measured both = measure(two);
  EXPECT_EQ(both.events, 2 * alone.events);
  EXPECT_EQ(both.counted, alone.counted);
}

}  // namespace
}  // namespace hecaton::test::critical_path_test
