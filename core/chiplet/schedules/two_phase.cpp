// Two-phase reduction (Luczynski, Gianinazzi, Iff, Wilson, De Sensi, Hoefler, "Near-Optimal Wafer-Scale Reduce", 2024,
// arXiv:2404.15888): chains within groups of about sqrt(p) dies, then a chain of their leaders, all in chunks; and a
// broadcast the other way. Dies count from the root on, g of them are a group, and the first of a group leads it.
#include "core/chiplet/schedules/algorithms.hpp"

namespace hecaton::chiplet::algorithms {

namespace {

std::uint32_t group_length(std::uint32_t dies) {
  std::uint32_t length = 1;
  while (std::uint64_t{length} * length < dies) ++length;
  return length;
}

class PhasedDie {
 public:
  PhasedDie(const Op& op, const LinePlace& line, std::uint32_t root)
      : op_(op),
        line_(line),
        root_(root),
        place_((line.position + line.size - root) % line.size),
        length_(group_length(line.size)) {}

  // A leader takes in chunk t of its group in step 2t, of the leader behind it in step 2t + 1, and then sends their sum. The
  // others send in the step after they have taken in.
  Exchange reduce(std::uint32_t step) const {
    Exchange e;
    e.reduces = true;
    const bool is_even = step % 2 == 0;
    if (is_even && has_follower()) receive(e, place_ + 1, step / 2);
    if (!is_even && leads() && has_next_group()) receive(e, place_ + length_, step / 2);
    if (place_ > 0 && is_even == leads() && step > 0) {
      const std::uint32_t chunk = leads() ? step / 2 - 1 : step / 2;
      send(e, leads() ? place_ - length_ : place_ - 1, chunk, 2 * chunk + (leads() ? 1 : 0));
    }
    return e;
  }

  // Chunk t comes in step 2t, and goes to the next leader in the step after, to the die behind in the one after that.
  Exchange broadcast(std::uint32_t step) const {
    Exchange e;
    const bool is_even = step % 2 == 0;
    if (is_even && place_ > 0) receive(e, leads() ? place_ - length_ : place_ - 1, step / 2);
    if (!is_even && leads() && has_next_group()) send(e, place_ + length_, step / 2, step - 1);
    if (has_follower() && is_even == leads() && step > 0) {
      const std::uint32_t chunk = leads() ? step / 2 - 1 : step / 2;
      send(e, place_ + 1, chunk, 2 * chunk);
    }
    return e;
  }

 private:
  bool leads() const { return place_ % length_ == 0; }
  bool has_follower() const { return (place_ + 1) % length_ != 0 && place_ + 1 < line_.size; }
  bool has_next_group() const { return place_ + length_ < line_.size; }
  NodeId at(std::uint32_t place) const { return line_.at((place + root_) % line_.size); }
  std::uint64_t bytes(std::uint32_t chunk) const {
    return chunk < op_.count ? chunk_bytes(op_, op_.count, chunk) : 0;
  }
  void receive(Exchange& e, std::uint32_t from, std::uint32_t chunk) const {
    e.from = at(from);
    e.receive_bytes = bytes(chunk);
  }
  void send(Exchange& e, std::uint32_t to, std::uint32_t chunk, std::uint32_t awaited_in) const {
    e.to = at(to);
    e.send_bytes = bytes(chunk);
    e.send_step = awaited_in;
  }

  const Op& op_;
  const LinePlace& line_;
  std::uint32_t root_, place_, length_;
};

}  // namespace

std::uint32_t two_phase_steps(const Op& op, const Places&) {
  return 2 * op.count + 1;
}

Exchange two_phase_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step) {
  const PhasedDie die(op, places.line, root);
  return op.code == OpCode::reduce ? die.reduce(step) : die.broadcast(step);
}

}  // namespace hecaton::chiplet::algorithms
