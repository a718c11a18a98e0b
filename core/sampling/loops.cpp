#include "core/sampling/loops.hpp"

#include <algorithm>
#include <stdexcept>

namespace hecaton::sampling {

using chiplet::OpCode;
using chiplet::Program;

std::vector<LoopExtent> loops_of_text(const Program& text) {
  std::vector<LoopExtent> loops;
  std::vector<std::size_t> open;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at].code == OpCode::loop) {
      open.push_back(loops.size());
      loops.push_back({at, at});
    } else if (text[at].code == OpCode::end_loop) {
      loops[open.back()].end = at;
      open.pop_back();
    }
  }
  return loops;
}

namespace {

bool are_alike(const Program& a, const std::vector<LoopExtent>& of_a, const Program& b,
               const std::vector<LoopExtent>& of_b) {
  if (of_a.size() != of_b.size()) return false;
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    if (a[of_a[i].begin].iterates != b[of_b[i].begin].iterates) return false;
    for (std::size_t before = 0; before < i; ++before)
      if (encloses(of_a[before], of_a[i]) != encloses(of_b[before], of_b[i])) return false;
  }
  return true;
}

}  // namespace

std::vector<std::vector<LoopExtent>> common_loops(std::span<const Program> roles) {
  std::vector<std::vector<LoopExtent>> all;
  for (const Program& role : roles) {
    all.push_back(loops_of_text(role));
    if (!are_alike(roles.front(), all.front(), role, all.back()))
      throw std::logic_error("roles whose loops differ cannot be sampled together");
  }
  return all;
}

}  // namespace hecaton::sampling
