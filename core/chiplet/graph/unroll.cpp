#include "core/chiplet/graph/unroll.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "core/chiplet/counts/counts.hpp"
#include "core/chiplet/dies/program_position.hpp"
#include "core/chiplet/hardware/matrix_engine.hpp"
#include "core/chiplet/program/counters.hpp"
#include "core/engine/base/checked.hpp"
#include "core/engine/base/enum_names.hpp"

namespace hecaton::chiplet::graph {

namespace {

const Communicator& group_of(const Op& op, const UnrollSetup& setup) {
  return setup.groups[static_cast<std::size_t>(op.ring)];
}

std::string words_of(const Op& op) {
  std::string words(name_of(kind_of(op.code)));
  if (op.stage != Stage::none) words.append(" ").append(name_of(op.stage));
  return words;
}

bool leaves_a_node(const Op& op, const UnrollSetup& setup) {
  if (is_collective(op.code)) return group_of(op, setup).size > 1 && op.units > 0;
  return op.code != OpCode::dram_wait;
}

// Into how many equal parts the payload is cut; 1: it stays whole.
std::uint64_t parts_of(const Op& op, std::uint32_t members) {
  if (op.schedule == Schedule::tree || op.schedule == Schedule::star) return 1;
  return (Checked{goes_in_chunks(op) ? op.count : members} * lane_count(op)).value();
}

[[noreturn]] void refuse_operation(const Op& op, const std::string& why) {
  throw GraphError(words_of(op) + " cannot be a node: " + why);
}

// A graph counts bytes where a program counts units, of which larger parts have one more.
void check_parts(const Op& op, const UnrollSetup& setup) {
  const std::uint32_t members = group_of(op, setup).size;
  const std::uint64_t parts = parts_of(op, members);
  const std::string cut = std::to_string(op.units) + " units of " + std::to_string(op.unit_bytes) + " bytes";
  if (op.unit_bytes > 1 && op.units % parts != 0)
    refuse_operation(op, "its " + cut + " are not " + std::to_string(parts) + " equal parts");
  if (op.code == OpCode::all_gather && (Checked{op.units} * op.unit_bytes).value() % members != 0)
    refuse_operation(op,
                     "its " + cut + " are not the same from each of " + std::to_string(members) + " members");
}

class Unroller {
 public:
  Unroller(const Program& program, const UnrollSetup& setup, const std::function<void(Node&&)>& emit)
      : program_(program), setup_(setup), emit_(emit) {}

  std::uint64_t run() {
    while (!position_.at_end(program_)) {
      if (position_.control(program_)) continue;
      enter(position_.op(program_));
      position_.next();
    }
    return next_id_;
  }

 private:
  void enter(const Op& op) {
    switch (op.code) {
      case OpCode::matmul:
      case OpCode::vector:
        return follow(computation(op));
      case OpCode::dram_read:
      case OpCode::dram_write: {
        Node node = named_node(op.code == OpCode::dram_read ? Verb::load : Verb::store);
        node.bytes = op.bytes;
        started_.at(op.slot).push_back(node.id);
        return emit_(std::move(node));
      }
      case OpCode::dram_wait: {
        std::vector<std::uint64_t>& started = started_.at(op.slot);
        front_.insert(front_.end(), started.begin(), started.end());
        std::sort(front_.begin(), front_.end());
        return started.clear();
      }
      default:
        if (is_collective(op.code) && leaves_a_node(op, setup_)) follow(collective(op));
    }
  }

  // All that comes later waits for it.
  void follow(Node node) {
    front_.assign(1, node.id);
    emit_(std::move(node));
  }

  Node computation(const Op& op) {
    Node node = named_node(Verb::compute);
    SimDuration time{};
    if (op.code == OpCode::matmul) {
      const MatmulShape shape = shape_of(op);
      node.operations = (Checked{matmul_macs(shape)} * 2).value();
      node.bytes = matmul_operand_bytes(shape);
      time = matmul_time(setup_.timings.matrix, shape);
    } else {
      node.bytes = op.bytes;
      time = setup_.timings.vector.time_of(op.bytes);
    }
    node.recorded_ps = static_cast<std::uint64_t>(time.ps);
    return node;
  }

  Node collective(const Op& op) {
    const Communicator& group = group_of(op, setup_);
    Node node = named_node(Verb::collective);
    node.operation = op.code;
    node.group = group.number;
    node.bytes = (Checked{op.units} * op.unit_bytes).value();
    if (op.code == OpCode::all_gather) node.bytes /= group.size;
    if (has_root(op.code)) {
      const std::uint32_t root = position_.root(program_) % group.size;
      node.root = uses_ring(op) && !group.place_in_ring.empty() ? group.place_in_ring.at(root) : root;
    }
    return node;
  }

  Node named_node(Verb verb) {
    Node node;
    node.id = next_id_++;
    node.verb = verb;
    node.name = words_of(position_.op(program_));
    if (position_.layer() >= 0) node.name += " layer " + std::to_string(position_.layer());
    if (position_.minibatch() >= 0) node.name += " mini-batch " + std::to_string(position_.minibatch());
    node.after = front_;
    return node;
  }

  const Program& program_;
  const UnrollSetup& setup_;
  const std::function<void(Node&&)>& emit_;
  ProgramPosition position_;
  std::uint64_t next_id_ = 0;
  std::vector<std::uint64_t> front_;                            // what the next node waits for, ascending
  std::array<std::vector<std::uint64_t>, dram_slots> started_;  // by slot: nobody has waited for it yet
};

}  // namespace

std::uint64_t count_nodes(const Program& program, const UnrollSetup& setup) {
  for (const Op& op : program)
    if (op.code == OpCode::pause) throw GraphError("a pause cannot be a node: graphs do not stand still");
  Checked nodes;
  try {
    for_each_operation(program, [&](const Op& op, std::uint64_t times, std::uint32_t) {
      if (times == 0 || !leaves_a_node(op, setup)) return;
      if (is_collective(op.code)) check_parts(op, setup);
      nodes += times;
    });
  } catch (const std::overflow_error&) {
    throw TooManyNodes("the program has more than 2^64 nodes or bytes");
  }
  if (nodes.value() > setup.most_nodes)
    throw TooManyNodes("the program has " + std::to_string(nodes.value()) + " nodes; at most " +
                       std::to_string(setup.most_nodes) + " are wanted");
  return nodes.value();
}

std::uint64_t unroll(const Program& program, const UnrollSetup& setup,
                     const std::function<void(Node&&)>& emit) {
  static_cast<void>(count_nodes(program, setup));
  return Unroller(program, setup, emit).run();
}

}  // namespace hecaton::chiplet::graph
