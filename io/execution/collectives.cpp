#include "io/execution/collectives.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "io/execution/conversion.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io::execution {
namespace {

using chiplet::OpCode;
using chiplet::graph::Node;
using chiplet::graph::Verb;

constexpr std::string_view same_help =
    "all members of a group go through the same collectives: correct one of the traces";

std::string_view operation_name(OpCode operation) {
  switch (operation) {
    case OpCode::all_gather:
      return "all-gather";
    case OpCode::reduce_scatter:
      return "reduce-scatter";
    case OpCode::broadcast:
      return "broadcast";
    case OpCode::reduce:
      return "reduce";
    case OpCode::all_to_all:
      return "all-to-all";
    default:
      return "all-reduce";
  }
}

template <class Call>
std::string in_words(const Call& call) {
  std::string words = fmt::format("{} of {} bytes", operation_name(call.operation), call.bytes);
  if (chiplet::has_root(call.operation)) words += fmt::format(" with member {} as root", call.root);
  return words;
}

}  // namespace

Collectives::Collectives(const TraceFiles& files)
    : files_(&files), groups_(files.groups.members.size()), of_rank_(files.ranks()) {
  for (std::uint32_t group = 0; group < groups_.size(); ++group) {
    const std::vector<std::uint32_t>& members = files.groups.members[group];
    const auto [first, last] = std::minmax_element(members.begin(), members.end());
    groups_[group] = {*first, *last, {}, 0};
    for (const std::uint32_t rank : members) of_rank_[rank].push_back(group);
  }
}

std::string Collectives::first_call(std::uint32_t group, std::uint64_t number) const {
  return name_again(*files_, groups_[group].first, number,
                    [&](const Node& node) { return node.verb == Verb::collective && node.group == group; });
}

std::string Collectives::quoted_name(std::uint32_t group) const {
  if (group == 0) return "of all ranks";
  std::string_view found;
  for (const auto& [name, number] : files_->groups.by_name)
    if (number == group) found = name;
  return in_quotes(found);
}

void Collectives::add(std::uint32_t rank, const Node& node) {
  Group& group = groups_.at(node.group);
  const Call call{node.bytes, node.root, node.operation};
  const std::uint64_t number = group.seen++;
  if (rank == group.first) {
    group.calls.push_back(call);
    return;
  }
  if (number < group.calls.size() && group.calls[number] == call) return;
  const Location where{files_->of_rank[rank].string()};
  if (number >= group.calls.size()) {
    throw InputError(where, key_of_node(node.id, node.name), "is a collective that another member lacks",
                     fmt::format("rank {} has {} in the group {}", group.first, group.calls.size(),
                                 quoted_name(node.group)),
                     same_help);
  }
  throw InputError(where, key_of_node(node.id, node.name), "is not the collective of another member",
                   fmt::format("it is {}, {} is {}", in_words(call), first_call(node.group, number),
                               in_words(group.calls[number])),
                   same_help);
}

void Collectives::end_of(std::uint32_t rank) {
  for (const std::uint32_t number : of_rank_[rank]) {
    Group& group = groups_[number];
    if (group.seen < group.calls.size()) {
      throw InputError(Location{files_->of_rank[rank].string()}, "",
                       fmt::format("lacks the collective {}", first_call(number, group.seen)),
                       fmt::format("rank {} has {} in the group {}", rank, group.seen, quoted_name(number)),
                       same_help);
    }
    group.seen = 0;
    if (rank == group.last) group.calls = {};
  }
}

}  // namespace hecaton::io::execution
