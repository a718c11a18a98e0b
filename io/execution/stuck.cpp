#include "io/execution/stuck.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "io/execution/conversion.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io::execution {
namespace {

using chiplet::graph::Node;
using chiplet::graph::Window;

constexpr std::size_t most_of_cycle_shown = 8;

// The nodes that wait, and their places by id.
class Waiting {
 public:
  explicit Waiting(const Window& window) {
    window.for_each([&](std::uint64_t, const Node& node, bool) {
      places_.emplace_back(node.id, nodes_.size());
      nodes_.push_back(&node);
    });
    std::sort(places_.begin(), places_.end());
  }
  const std::vector<const Node*>& nodes() const { return nodes_; }
  std::optional<std::size_t> place(std::uint64_t id) const {
    const auto found = std::lower_bound(places_.begin(), places_.end(), std::pair{id, std::size_t{0}});
    if (found == places_.end() || found->first != id) return std::nullopt;
    return found->second;
  }

 private:
  std::vector<const Node*> nodes_;
  std::vector<std::pair<std::uint64_t, std::size_t>> places_;
};

// Places of nodes each of which waits for the next one, and the last for the first; empty if there are none.
std::vector<std::size_t> cycle_in(const Waiting& waiting) {
  enum class State : std::uint8_t { unseen, on_path, done };
  std::vector<State> states(waiting.nodes().size(), State::unseen);
  struct Step {
    std::size_t place;
    std::size_t next;  // of what it waits for
  };
  std::vector<Step> path;  // not the call stack: chains are as long as windows
  for (std::size_t start = 0; start < states.size(); ++start) {
    if (states[start] == State::unseen) path.push_back({start, 0});
    while (!path.empty()) {
      Step& step = path.back();
      states[step.place] = State::on_path;
      const std::vector<std::uint64_t>& after = waiting.nodes()[step.place]->after;
      if (step.next == after.size()) {
        states[step.place] = State::done;
        path.pop_back();
        continue;
      }
      const auto place = waiting.place(after[step.next++]);
      if (!place || states[*place] == State::done) continue;
      if (states[*place] == State::unseen) {
        path.push_back({*place, 0});
        continue;
      }
      std::vector<std::size_t> cycle;
      auto at =
          std::find_if(path.begin(), path.end(), [&](const Step& other) { return other.place == *place; });
      for (; at != path.end(); ++at) cycle.push_back(at->place);
      return cycle;
    }
  }
  return {};
}

[[noreturn]] void refuse_cycle(const Waiting& waiting, std::vector<std::size_t> cycle,
                               const std::string& file) {
  std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  std::string ids;
  for (std::size_t i = 0; i < std::min(cycle.size(), most_of_cycle_shown); ++i)
    ids += fmt::format("{}, ", waiting.nodes()[cycle[i]]->id);
  if (cycle.size() > most_of_cycle_shown)
    ids += fmt::format("... ({} more), ", cycle.size() - most_of_cycle_shown);
  const Node& first = *waiting.nodes()[cycle.front()];
  throw InputError({file}, key_of_node(first.id, first.name), "can never begin",
                   fmt::format("nodes {}{} wait for each other", ids, first.id),
                   "remove one of the dependencies");
}

// What nobody has seen yet, ascending.
std::vector<std::uint64_t> missing_in(const Window& window, const Waiting& waiting) {
  std::vector<std::uint64_t> missing;
  for (const Node* node : waiting.nodes())
    for (const std::uint64_t id : node->after)
      if (!window.knows(id)) missing.push_back(id);
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return missing;
}

}  // namespace

void refuse_stuck(const Window& window, TraceReader& rest, const std::string& file) {
  const Waiting waiting(window);
  if (auto cycle = cycle_in(waiting); !cycle.empty()) refuse_cycle(waiting, std::move(cycle), file);
  const std::vector<std::uint64_t> missing = missing_in(window, waiting);
  std::vector<bool> is_there(missing.size());
  while (const auto node = rest.next()) {
    const auto found = std::lower_bound(missing.begin(), missing.end(), node->id);
    if (found != missing.end() && *found == node->id)
      is_there[static_cast<std::size_t>(found - missing.begin())] = true;
  }
  for (const Node* node : waiting.nodes()) {
    for (const std::uint64_t id : node->after) {
      const auto found = std::lower_bound(missing.begin(), missing.end(), id);
      if (found == missing.end() || *found != id) continue;
      if (is_there[static_cast<std::size_t>(found - missing.begin())]) continue;
      throw InputError({file}, key_of_node(node->id, node->name),
                       fmt::format("waits for node {}, which is not in the trace", id),
                       "it could never begin", "remove the dependency, or record the node");
    }
  }
  throw InputError(
      {file}, "", fmt::format("does not fit a window of {} nodes", waiting.nodes().size()),
      fmt::format("node {} and all others in it wait for nodes further down", waiting.nodes().front()->id),
      "raise execution.window");
}

}  // namespace hecaton::io::execution
