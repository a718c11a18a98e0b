#include "io/execution/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "io/execution/conversion.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io::execution {
namespace {

using chiplet::graph::Node;
using chiplet::graph::Verb;

constexpr std::string_view match_help =
    "sends and receives match by rank, tag and order: correct one of the traces";

}  // namespace

void Messages::add(std::uint32_t rank, const Node& node) {
  const bool sends = node.verb == Verb::send;
  if (rank > node.peer) {
    const Key key{node.peer, node.tag, !sends};
    match(rank, node, key, open_[rank][key]);
    return;
  }
  Flow& flow = open_[node.peer][{rank, node.tag, sends}];
  if (flow.runs.empty() || flow.runs.back().bytes != node.bytes) flow.runs.push_back({node.bytes, 0});
  ++flow.runs.back().count;
}

void Messages::match(std::uint32_t rank, const Node& node, const Key& key, Flow& flow) const {
  const Verb other = key.lower_sends ? Verb::send : Verb::receive;
  const std::string_view of_other = key.lower_sends ? "send" : "receive";
  const Location where{files_->of_rank[rank].string()};
  if (flow.run == flow.runs.size()) {
    throw InputError(where, key_of_node(node.id, node.name), "has no other end",
                     fmt::format("rank {} has {} of tag {} {} rank {}, {} in all", key.lower,
                                 key.lower_sends ? "no more sends" : "no more receives", key.tag,
                                 key.lower_sends ? "to" : "from", rank, flow.matched),
                     match_help);
  }
  const Run& run = flow.runs[flow.run];
  if (run.bytes != node.bytes) {
    const std::string name = name_again(*files_, key.lower, flow.matched, [&](const Node& its) {
      return its.verb == other && its.peer == rank && its.tag == key.tag;
    });
    throw InputError(where, key_of_node(node.id, node.name), "does not fit its other end",
                     fmt::format("it has {} bytes, the {} {} has {}", node.bytes, of_other, name, run.bytes),
                     match_help);
  }
  ++flow.matched;
  if (++flow.passed == run.count) {
    ++flow.run;
    flow.passed = 0;
  }
}

void Messages::end_of(std::uint32_t rank) {
  const std::pair<const Key, Flow>* first = nullptr;
  for (const auto& entry : open_[rank])
    if (entry.second.run < entry.second.runs.size() && (first == nullptr || entry.first < first->first))
      first = &entry;
  if (first != nullptr) {
    const auto& [key, flow] = *first;
    const Verb verb = key.lower_sends ? Verb::send : Verb::receive;
    const std::string name = name_again(*files_, key.lower, flow.matched, [&](const Node& its) {
      return its.verb == verb && its.peer == rank && its.tag == key.tag;
    });
    throw InputError(
        Location{files_->of_rank[rank].string()}, "",
        fmt::format("lacks the other end of the {} {}", key.lower_sends ? "send" : "receive", name),
        fmt::format("rank {} has {} of tag {} {} rank {}", rank, flow.matched, key.tag,
                    key.lower_sends ? "from" : "to", key.lower),
        match_help);
  }
  open_[rank] = {};
}

}  // namespace hecaton::io::execution
