// A package small enough to be right at a glance, for tests of dies: every node has one port of a fixed
// bandwidth, every message takes a fixed latency on top, and nothing else contends. Events of an instant are
// delivered messages first, in an order that a seed scrambles.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "core/chiplet/dies/die.hpp"
#include "core/chiplet/dies/io_die.hpp"

namespace hecaton::chiplet::testing {

struct Sent {
  SimTime at;
  Message message;
};

class FakePackage {
 public:
  FakePackage(std::int64_t latency_ps, std::int64_t ps_per_byte, std::uint64_t seed = 1)
      : latency_ps_(latency_ps), ps_per_byte_(ps_per_byte), seed_(seed) {}

  // Added to the latency of a message, to have unequal edges or messages that overtake each other.
  std::function<std::int64_t(const Message&)> extra_latency_ps = [](const Message&) {
    return std::int64_t{0};
  };
  std::vector<Sent> sent;
  std::map<std::uint32_t, std::vector<OperationRow>> rows;  // per die
  std::map<std::uint32_t, std::vector<WaitRow>> waits;      // per die
  std::map<std::uint32_t, std::vector<Mark>> marks;         // per die

  void add(DieSetup setup) {
    const NodeId id = setup.id;
    dies_.emplace(id, Die(std::move(setup)));
  }
  void add(const IoDieSetup& setup) { io_dies_.emplace(setup.id, IoDie(setup)); }

  Die& die(std::uint32_t id) { return dies_.at(NodeId{id}); }
  IoDie& io_die(std::uint32_t id) { return io_dies_.at(NodeId{id}); }
  bool all_finished() const {
    return std::all_of(dies_.begin(), dies_.end(), [](const auto& d) { return d.second.finished(); }) &&
           std::all_of(io_dies_.begin(), io_dies_.end(), [](const auto& d) { return d.second.idle(); });
  }

  // Runs until nothing is left to happen; returns the time of the last event.
  SimTime run() {
    for (auto& [id, die] : dies_) {
      Host host{*this, id};
      die.start(host);
    }
    while (!events_.empty()) {
      const Key key = events_.begin()->first;
      const Happening what = events_.begin()->second;
      events_.erase(events_.begin());
      now_ = std::get<0>(key);
      happen(what);
    }
    return now_;
  }

  SimTime finish_of(std::uint32_t id) { return {static_cast<std::int64_t>(die(id).counters().finished_ps)}; }

 private:
  struct Host {
    FakePackage& package;
    NodeId id;
    SimTime now() const { return package.now_; }
    void send(const Message& message) { package.send(message); }
    void wake_at(SimTime time, std::uint32_t token) { package.post(time, 1, {id, token, std::nullopt}); }
    void record(const OperationRow& row) { package.rows[id.value].push_back(row); }
    void waited(const WaitRow& wait) { package.waits[id.value].push_back(wait); }
    void note(const Mark& mark) { package.marks[id.value].push_back(mark); }
  };
  struct Happening {
    NodeId node;
    std::uint32_t token = 0;
    std::optional<Message> message;
  };
  // Time, phase (messages, then wake-ups), scrambled order, posting order.
  using Key = std::tuple<SimTime, int, std::uint64_t, std::uint64_t>;

  void post(SimTime time, int phase, Happening what) {
    ++posted_;
    const std::uint64_t scrambled = (posted_ ^ seed_) * (0x9e3779b97f4a7c15U + 2 * seed_);
    events_.emplace(Key{time, phase, scrambled >> 8, posted_}, what);
  }

  void send(const Message& message) {
    sent.push_back({now_, message});
    Message arriving = message;
    arriving.sent = now_;
    SimTime& port_free = port_free_[message.source];
    port_free = std::max(port_free, now_) + SimDuration{message.bytes * ps_per_byte_};
    post(port_free + SimDuration{latency_ps_ + extra_latency_ps(message)}, 0,
         {message.destination, 0, arriving});
  }

  void happen(const Happening& what) {
    Host host{*this, what.node};
    const auto apply = [&](auto& node) {
      if (what.message) {
        node.on_message(host, *what.message);
      } else {
        node.on_timer(host, what.token);
      }
    };
    if (const auto at = dies_.find(what.node); at != dies_.end()) return apply(at->second);
    apply(io_dies_.at(what.node));
  }

  std::int64_t latency_ps_;
  std::int64_t ps_per_byte_;
  std::uint64_t seed_;
  std::uint64_t posted_ = 0;
  SimTime now_;
  std::map<NodeId, Die> dies_;
  std::map<NodeId, IoDie> io_dies_;
  std::map<NodeId, SimTime> port_free_;
  std::map<Key, Happening> events_;
};

// The place of `position` in a ring of these dies.
inline RingPlace place_in(const std::vector<std::uint32_t>& ring, std::uint32_t position) {
  const auto size = static_cast<std::uint32_t>(ring.size());
  RingPlace place;
  place.size = size;
  place.position = position;
  place.next = NodeId{ring[(position + 1) % size]};
  place.previous = NodeId{ring[(position + size - 1) % size]};
  return place;
}

// Dies 0 .. size-1 in one ring (as rows, columns and package), all with the same program.
inline DieSetup in_one_ring(std::uint32_t id, std::uint32_t size, const Program& program,
                            const DieTimings& timings = {}) {
  std::vector<std::uint32_t> ring(size);
  for (std::uint32_t i = 0; i < size; ++i) ring[i] = i;
  DieSetup setup;
  setup.id = NodeId{id};
  setup.program = &program;
  setup.rings.fill(place_in(ring, id));
  setup.timings = timings;
  return setup;
}

inline Op collective(OpCode code, std::uint64_t units, std::uint32_t unit_bytes, Ring ring = Ring::row) {
  Op op;
  op.code = code;
  op.ring = ring;
  op.units = units;
  op.unit_bytes = unit_bytes;
  return op;
}

inline Op matmul(std::uint32_t count, std::uint64_t m, std::uint64_t k, std::uint64_t n) {
  Op op;
  op.code = OpCode::matmul;
  op.count = count;
  op.m = m;
  op.k = k;
  op.n = n;
  return op;
}

inline Op with_bytes(OpCode code, std::uint64_t bytes, std::uint8_t slot = 0) {
  Op op;
  op.code = code;
  op.bytes = bytes;
  op.slot = slot;
  return op;
}

inline Op wait_for(std::uint8_t slot) {
  return with_bytes(OpCode::dram_wait, 0, slot);
}

inline Op loop(std::uint32_t count) {
  Op op;
  op.code = OpCode::loop;
  op.count = count;
  return op;
}

inline Op end_loop() {
  Op op;
  op.code = OpCode::end_loop;
  return op;
}

inline Op label(OpCode code, std::int32_t value) {
  Op op;
  op.code = code;
  op.value = value;
  return op;
}

}  // namespace hecaton::chiplet::testing
