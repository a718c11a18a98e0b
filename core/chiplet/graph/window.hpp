// The unfinished nodes of one graph that are known so far, and which of them may begin. A graph of any length passes
// through: nodes enter in the order of their file, and leave when they are finished; of those that have left, only
// which ids they had is remembered.
//
// Invariants: an id enters once. A node is given out (take_ready) once, when all that it waits for is finished, no matter
// whether that entered before it or after it. What is given out, and in which order, depends on nothing but what was
// added and finished.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/chiplet/graph/id_intervals.hpp"
#include "core/chiplet/graph/id_table.hpp"
#include "core/chiplet/graph/node.hpp"

namespace hecaton::chiplet::graph {

// The graph is none, or the window was asked for what is not in it.
struct GraphError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Window {
 public:
  // At least one node fits.
  explicit Window(std::uint32_t capacity) : capacity_(std::clamp(capacity, 1U, none - 1)) {}

  bool full() const { return unfinished() >= capacity_; }
  bool empty() const { return unfinished() == 0; }
  std::uint64_t added() const { return added_; }
  // In the window or finished.
  bool knows(std::uint64_t id) const {
    const auto* entry = by_id_.find(id);
    return (entry != nullptr && entry->slot != none) || finished_.contains(id);
  }

  // Its number is the count of nodes added before it. Throws GraphError for an id that has been added, and if full.
  void add(Node node) {
    if (full()) throw GraphError("the window is full");
    enter(std::move(node), added_, false);
    ++added_;
  }

  // Numbers of the nodes that may begin and that nobody has taken yet, ascending.
  std::vector<std::uint64_t> take_ready() {
    std::vector<std::uint64_t> taken;
    taken.swap(ready_);
    std::sort(taken.begin(), taken.end());
    for (const std::uint64_t number : taken) slots_[slot_of(number)].taken = true;
    return taken;
  }

  // While it is unfinished.
  const Node& node(std::uint64_t number) const { return slots_[slot_of(number)].node; }

  // Throws GraphError for a node that was not taken.
  void finish(std::uint64_t number) {
    const std::uint32_t slot = slot_of(number);
    if (!slots_[slot].taken) throw GraphError("a node ends that has not begun");
    const std::uint64_t id = slots_[slot].node.id;
    slots_[slot] = {};
    free_slots_.push_back(slot);
    by_number_.remove(*by_number_.find(number));
    const IdTable::Entry entry = *by_id_.find(id);
    by_id_.remove(*by_id_.find(id));
    finished_.insert(id);
    for (std::uint32_t edge = entry.edge; edge != none;) {
      const Edge passed = edges_[edge];
      edges_[edge].next = std::exchange(free_edge_, edge);
      edge = passed.next;
      if (--slots_[passed.waits].waiting == 0) ready_.push_back(slots_[passed.waits].number);
    }
  }

  // visit(number, node, whether it was taken) for the unfinished ones, ascending.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const std::uint32_t slot : in_order())
      visit(slots_[slot].number, slots_[slot].node, slots_[slot].taken);
  }

  // What follows from the rest is made anew, so that equal states are equal bytes.
  template <class Archive>
  void serialize(Archive& archive) {
    Content content = this->content();
    archive(content.capacity, content.added, content.finished, content.numbers, content.nodes, content.taken);
    if constexpr (Archive::is_loading::value) *this = Window(std::move(content));
  }

 private:
  static constexpr std::uint32_t none = IdTable::none;
  struct Slot {
    Node node;
    std::uint64_t number = 0;
    std::uint32_t waiting = 0;  // how many of `after` are not finished
    bool taken = false;
    bool used = false;
  };
  struct Edge {  // from an id to one of the nodes that wait for it
    std::uint32_t waits = 0;
    std::uint32_t next = none;
  };
  struct Content {
    std::uint32_t capacity = 0;
    std::uint64_t added = 0;
    std::vector<std::uint64_t> finished;
    std::vector<std::uint64_t> numbers;
    std::vector<Node> nodes;
    std::vector<std::uint8_t> taken;
  };

  explicit Window(Content content) : Window(content.capacity) {
    const std::size_t count = content.nodes.size();
    bool sound = content.capacity == capacity_ && count <= capacity_ && content.numbers.size() == count &&
                 content.taken.size() == count && finished_.assign(content.finished);
    for (std::size_t i = 0; sound && i < count; ++i) {
      const std::uint64_t number = content.numbers[i];
      sound = number < content.added && (i == 0 || content.numbers[i - 1] < number) && content.taken[i] <= 1;
      if (sound) enter(std::move(content.nodes[i]), number, content.taken[i] != 0);
    }
    if (!sound) throw GraphError("a stored window contradicts itself");
    added_ = content.added;
  }

  std::uint32_t unfinished() const { return static_cast<std::uint32_t>(slots_.size() - free_slots_.size()); }
  std::uint32_t slot_of(std::uint64_t number) const {
    const auto* entry = by_number_.find(number);
    if (entry == nullptr) throw GraphError("no unfinished node has this number");
    return entry->slot;
  }
  std::vector<std::uint32_t> in_order() const {
    std::vector<std::uint32_t> order;
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
      if (slots_[slot].used) order.push_back(slot);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return slots_[a].number < slots_[b].number; });
    return order;
  }
  Content content() const {
    Content all{capacity_, added_, finished_.flat(), {}, {}, {}};
    for_each([&](std::uint64_t number, const Node& node, bool taken) {
      all.numbers.push_back(number);
      all.nodes.push_back(node);
      all.taken.push_back(taken ? 1 : 0);
    });
    return all;
  }

  void enter(Node node, std::uint64_t number, bool taken) {
    if (knows(node.id)) throw GraphError("node " + std::to_string(node.id) + " is there twice");
    const std::uint32_t slot = free_slot();
    by_id_.make(node.id).slot = slot;
    by_number_.make(number).slot = slot;
    Slot& mine = slots_[slot];
    for (const std::uint64_t id : node.after) {
      if (finished_.contains(id)) continue;
      ++mine.waiting;
      IdTable::Entry& awaited = by_id_.make(id);
      awaited.edge = new_edge(slot, awaited.edge);
    }
    mine.node = std::move(node);
    mine.number = number;
    mine.taken = taken;
    mine.used = true;
    if (taken && mine.waiting > 0) throw GraphError("a node has begun before what it waits for has ended");
    if (!taken && mine.waiting == 0) ready_.push_back(number);
  }
  std::uint32_t free_slot() {
    if (free_slots_.empty()) {
      slots_.emplace_back();
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }
  std::uint32_t new_edge(std::uint32_t waits, std::uint32_t next) {
    if (free_edge_ == none) {
      if (edges_.size() >= none) throw GraphError("more than 4294967294 dependencies are open");
      edges_.push_back({waits, next});
      return static_cast<std::uint32_t>(edges_.size() - 1);
    }
    const std::uint32_t edge = free_edge_;
    free_edge_ = edges_[edge].next;
    edges_[edge] = {waits, next};
    return edge;
  }

  std::uint32_t capacity_;
  std::uint64_t added_ = 0;
  std::deque<Slot> slots_;  // whose addresses stay, for those who hold a node
  std::vector<std::uint32_t> free_slots_;
  std::vector<Edge> edges_;
  std::uint32_t free_edge_ = none;  // the head of those that are not in use
  IdTable by_id_;                   // the slot of a node, and the first edge to those that wait for it
  IdTable by_number_;
  IdIntervals finished_;
  std::vector<std::uint64_t> ready_;  // nobody has taken them yet
};

}  // namespace hecaton::chiplet::graph
