#include "core/sampling/one_loop.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "core/sampling/loops.hpp"

namespace hecaton::sampling {

namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;

// `around`: the loops around it, outermost first.
Program only_loop(const Program& whole, const LoopExtent& loop, std::span<const LoopExtent> around) {
  Program text;
  for (const LoopExtent& outer : around) text.push_back(whole[outer.begin]);
  text.insert(text.end(), whole.begin() + static_cast<std::ptrdiff_t>(loop.begin),
              whole.begin() + static_cast<std::ptrdiff_t>(loop.end + 1));
  Op end_loop;
  end_loop.code = OpCode::end_loop;
  text.insert(text.end(), around.size(), end_loop);
  return text;
}

std::uint64_t rounds_of(const Program& whole, const LoopExtent& loop, std::span<const LoopExtent> around) {
  std::uint64_t rounds = whole[loop.begin].count;
  for (const LoopExtent& outer : around) rounds *= whole[outer.begin].count;
  return rounds;
}

// Of all loops of a role, those around the one at `index`.
std::vector<LoopExtent> around_of(std::span<const LoopExtent> loops, std::size_t index) {
  std::vector<LoopExtent> around;
  for (const LoopExtent& loop : loops.first(index))
    if (encloses(loop, loops[index])) around.push_back(loop);
  return around;
}

// Follows a program, each loop twice: what the first round leaves outstanding the second one begins with.
class Transfers {
 public:
  Transfers(const Program& program, std::span<const LoopExtent> loops) : program_(program) {
    for (const LoopExtent& loop : loops) end_of_loop_[loop.begin] = loop.end;
    follow(0, program.size());
  }

  std::uint64_t outstanding_at(std::size_t loop) const { return at_loop_.at(loop); }

 private:
  void follow(std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to; ++at) {
      const Op& op = program_[at];
      if (op.code == OpCode::dram_wait) slots_.at(op.slot) = 0;
      if (op.code == OpCode::dram_read || op.code == OpCode::dram_write) slots_.at(op.slot) += op.bytes;
      if (op.code != OpCode::loop) continue;
      std::uint64_t& most = at_loop_[at];
      most = std::max(most, std::accumulate(slots_.begin(), slots_.end(), std::uint64_t{0}));
      const std::size_t end = end_of_loop_.at(at);
      for (int round = 0; round < 2; ++round) follow(at + 1, end);
      at = end;
    }
  }

  const Program& program_;
  std::array<std::uint64_t, chiplet::dram_slots> slots_{};
  std::map<std::size_t, std::size_t> end_of_loop_;
  std::map<std::size_t, std::uint64_t> at_loop_;
};

}  // namespace

std::vector<OneLoop> loops_of(std::span<const Program> roles) {
  std::vector<OneLoop> all;
  const std::vector<std::vector<LoopExtent>> extents = common_loops(roles);
  std::vector<Transfers> transfers;
  for (std::size_t role = 0; role < roles.size(); ++role) transfers.emplace_back(roles[role], extents[role]);
  for (std::size_t i = 0; i < extents.front().size(); ++i) {
    const Op& op = roles.front()[extents.front()[i].begin];
    if (op.iterates == chiplet::Iterates::other) continue;
    OneLoop& loop = all.emplace_back();
    loop.place = extents.front()[i].begin;
    loop.iterates = op.iterates;
    for (std::size_t role = 0; role < roles.size(); ++role) {
      const LoopExtent& extent = extents[role][i];
      const std::vector<LoopExtent> around = around_of(extents[role], i);
      loop.roles.push_back(only_loop(roles[role], extent, around));
      loop.rounds = std::max(loop.rounds, rounds_of(roles[role], extent, around));
      loop.outstanding_bytes = std::max(loop.outstanding_bytes, transfers[role].outstanding_at(extent.begin));
    }
  }
  return all;
}

}  // namespace hecaton::sampling
