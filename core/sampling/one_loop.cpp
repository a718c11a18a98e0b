#include "core/sampling/one_loop.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

namespace hecaton::sampling {

namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;

std::size_t end_of_loop(const Program& text, std::size_t begin) {
  std::size_t depth = 0, at = begin;
  do {
    if (text[at].code == OpCode::loop) ++depth;
    if (text[at].code == OpCode::end_loop) --depth;
  } while (depth > 0 && ++at < text.size());
  return at;
}

// `around`: where the loops around it begin, outermost first.
Program only_loop(const Program& whole, std::size_t begin, std::span<const std::size_t> around) {
  Program text;
  for (const std::size_t loop : around) text.push_back(whole[loop]);
  text.insert(text.end(), whole.begin() + static_cast<std::ptrdiff_t>(begin),
              whole.begin() + static_cast<std::ptrdiff_t>(end_of_loop(whole, begin) + 1));
  Op end_loop;
  end_loop.code = OpCode::end_loop;
  text.insert(text.end(), around.size(), end_loop);
  return text;
}

std::uint64_t rounds_of(const Program& whole, std::size_t begin, std::span<const std::size_t> around) {
  std::uint64_t rounds = whole[begin].count;
  for (const std::size_t loop : around) rounds *= whole[loop].count;
  return rounds;
}

// Follows a program, each loop twice: what the first round leaves outstanding the second one begins with.
class Transfers {
 public:
  explicit Transfers(const Program& program) : program_(program) { follow(0, program.size()); }

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
      const std::size_t end = end_of_loop(program_, at);
      for (int round = 0; round < 2; ++round) follow(at + 1, end);
      at = end;
    }
  }

  const Program& program_;
  std::array<std::uint64_t, chiplet::dram_slots> slots_{};
  std::map<std::size_t, std::uint64_t> at_loop_;
};

}  // namespace

std::vector<OneLoop> loops_of(std::span<const Program> roles) {
  std::vector<OneLoop> all;
  std::vector<std::size_t> around;
  const Program& text = roles.front();
  const std::vector<Transfers> transfers(roles.begin(), roles.end());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at].code == OpCode::end_loop) around.pop_back();
    if (text[at].code != OpCode::loop) continue;
    if (text[at].iterates != chiplet::Iterates::other) {
      OneLoop& loop = all.emplace_back();
      loop.place = at;
      loop.iterates = text[at].iterates;
      for (std::size_t role = 0; role < roles.size(); ++role) {
        loop.roles.push_back(only_loop(roles[role], at, around));
        loop.rounds = std::max(loop.rounds, rounds_of(roles[role], at, around));
        loop.outstanding_bytes = std::max(loop.outstanding_bytes, transfers[role].outstanding_at(at));
      }
    }
    around.push_back(at);
  }
  return all;
}

}  // namespace hecaton::sampling
