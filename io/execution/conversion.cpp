#include "io/execution/conversion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "io/execution/attributes.hpp"
#include "io/execution/execution_trace.pb.h"
#include "io/execution/trace_reader.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io::execution {
namespace {

using chiplet::OpCode;
using chiplet::graph::Node;
using chiplet::graph::Verb;

constexpr std::uint64_t any_number = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t ps_per_us = 1'000'000;
constexpr std::uint64_t most_us = std::numeric_limits<std::int64_t>::max() / ps_per_us;
constexpr std::size_t most_names_shown = 8;

std::optional<Verb> verb_of(int type) {
  switch (type) {
    case hecaton::execution::NODE_INVALID:
    case hecaton::execution::NODE_METADATA:
      return Verb::nothing;
    case hecaton::execution::NODE_LOAD:
      return Verb::load;
    case hecaton::execution::NODE_STORE:
      return Verb::store;
    case hecaton::execution::NODE_COMPUTE:
      return Verb::compute;
    case hecaton::execution::NODE_SEND:
      return Verb::send;
    case hecaton::execution::NODE_RECEIVE:
      return Verb::receive;
    case hecaton::execution::NODE_COLLECTIVE:
      return Verb::collective;
    default:
      return std::nullopt;
  }
}

std::string known_groups(const Groups& groups) {
  std::vector<std::string> names;
  for (const auto& [name, group] : groups.by_name) {
    if (names.size() == most_names_shown) {
      names.emplace_back("...");
      break;
    }
    if (!name.empty()) names.push_back(in_quotes(name));
  }
  return fmt::format("groups are {}", fmt::join(names, ", "));
}

}  // namespace

// One message on its way to a node.
struct NodeConversion {
  Conversion& all;
  const hecaton::execution::Node& message;
  PlaceOfNode place;
  Attributes attributes;

  NodeConversion(Conversion& conversion, const hecaton::execution::Node& node)
      : all(conversion),
        message(node),
        place{conversion.file_, node.id(), node.name()},
        attributes(node, place) {}

  Verb verb() const {
    const auto known = verb_of(message.type());
    const bool is_storage = message.type() == hecaton::execution::NODE_STORAGE;
    if (!message.storage().empty() && !is_storage && message.attributes_size() == 0) {
      place.refuse("is of a schema that is not read", "its attributes are those from before schema 0.0.4",
                   "write the trace anew with a newer Chakra");
    }
    if (!known) {
      place.refuse(fmt::format("is of type {}", static_cast<int>(message.type())),
                   "dies have no storage, batches or checkpoints of a host", "leave it out of the trace");
    }
    if (*known == Verb::compute && attributes.is_set(Key::is_cpu_op)) return Verb::nothing;
    return *known;
  }

  std::vector<std::uint64_t> after() const {
    const auto count =
        std::size_t(message.after_in_control_size()) + std::size_t(message.after_by_data_size());
    if (count > most_dependencies) {
      place.refuse("waits for too many nodes", fmt::format("{}; at most {} can be", count, most_dependencies),
                   "join some of them by a node between");
    }
    std::vector<std::uint64_t> ids;
    ids.reserve(count);
    ids.insert(ids.end(), message.after_in_control().begin(), message.after_in_control().end());
    ids.insert(ids.end(), message.after_by_data().begin(), message.after_by_data().end());
    if (count > 1) {
      std::sort(ids.begin(), ids.end());
      ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    }
    if (std::binary_search(ids.begin(), ids.end(), message.id()))
      place.refuse("waits for itself", "it could never begin", "remove the dependency");
    return ids;
  }

  std::uint64_t recorded_ps() const {
    if (const auto exact = attributes.number(Key::duration_ps, most_recorded_ps)) return *exact;
    if (message.duration_us() > most_us) {
      place.refuse("lasts too long", fmt::format("{} us; at most {} can be", message.duration_us(), most_us),
                   "correct its duration");
    }
    return message.duration_us() * ps_per_us;
  }

  void set_message(Node& node, Key peer_key, Key own_key) const {
    const std::uint64_t peer = attributes.needed(peer_key, any_number);
    if (peer >= all.ranks_) {
      place.refuse(fmt::format("has rank {} at its other end", peer),
                   fmt::format("ranks are 0 to {}", all.ranks_ - 1),
                   "give a trace for it, or correct this one");
    }
    if (peer == all.rank_)
      place.refuse("has its own rank at its other end", "a message goes to another one",
                   "remove it from the trace");
    const std::uint64_t own = attributes.number(own_key, any_number).value_or(all.rank_);
    if (own != all.rank_) {
      place.refuse(fmt::format("is of rank {}", own), fmt::format("this is the trace of rank {}", all.rank_),
                   "check the order of the files");
    }
    node.peer = static_cast<std::uint32_t>(peer);
    node.tag = static_cast<std::uint32_t>(attributes.number(Key::comm_tag, any_number).value_or(0));
    node.bytes = attributes.needed(Key::comm_size, most_sent_bytes);
    if (node.bytes == 0)
      place.refuse("moves no bytes", "a message has one at least", "remove it on both ranks");
  }

  std::uint32_t group_named(const std::string& name) const {
    if (const auto group = all.groups_->find(name)) return *group;
    std::vector<std::string_view> names;
    for (const auto& [known, group] : all.groups_->by_name) names.emplace_back(known);
    const std::string_view near = nearest(name, names);
    place.refuse(
        fmt::format("is of an unknown group {}", in_quotes(name)), known_groups(*all.groups_),
        near.empty() ? "give its members in a file of groups" : fmt::format("is {} meant?", in_quotes(near)));
  }

  std::uint32_t group() const {
    const auto name = attributes.text(Key::pg_name);
    const auto other = attributes.text(Key::comm_group);
    const std::uint32_t found = group_named(name ? *name : other.value_or(""));
    if (name && other && group_named(*other) != found) {
      place.refuse("is of two groups",
                   fmt::format("pg_name is {}, comm_group {}", in_quotes(*name), in_quotes(*other)),
                   "correct the trace");
    }
    if (!all.is_member(found)) {
      place.refuse(fmt::format("is of a group without rank {}", all.rank_),
                   fmt::format("group {}", in_quotes(name ? *name : other.value_or(""))),
                   "add the rank to the group, or correct the trace");
    }
    return found;
  }

  OpCode operation(std::uint64_t type) const {
    switch (type) {
      case hecaton::execution::COLLECTIVE_ALL_REDUCE:
      case hecaton::execution::COLLECTIVE_BARRIER:
        return OpCode::all_reduce;
      case hecaton::execution::COLLECTIVE_REDUCE:
        return OpCode::reduce;
      case hecaton::execution::COLLECTIVE_ALL_GATHER:
        return OpCode::all_gather;
      case hecaton::execution::COLLECTIVE_BROADCAST:
        return OpCode::broadcast;
      case hecaton::execution::COLLECTIVE_ALL_TO_ALL:
        return OpCode::all_to_all;
      case hecaton::execution::COLLECTIVE_REDUCE_SCATTER:
      case hecaton::execution::COLLECTIVE_REDUCE_SCATTER_BLOCK:
        return OpCode::reduce_scatter;
      case hecaton::execution::COLLECTIVE_GATHER:
      case hecaton::execution::COLLECTIVE_SCATTER:
        place.refuse(type == hecaton::execution::COLLECTIVE_GATHER ? "is a gather" : "is a scatter",
                     "there is no algorithm for it", "split it into sends and receives");
      default:
        place.refuse(fmt::format("is a collective of type {}", type), "types are 0 to 9",
                     "correct the trace");
    }
  }

  std::uint32_t root(std::uint32_t group) const {
    const auto one = attributes.number(Key::comm_root, any_number);
    const auto other = attributes.number(Key::root, any_number);
    if (one && other && *one != *other)
      place.refuse("has two roots", fmt::format("ranks {} and {}", *one, *other), "correct the trace");
    if (!one && !other) return 0;
    const auto rank = static_cast<std::uint32_t>(one ? *one : *other);
    const auto found = all.groups_->place(group, rank);
    if (!found) {
      place.refuse(fmt::format("has rank {} as its root", rank), "it is no member of the group",
                   "name a rank of the group");
    }
    return *found;
  }

  void set_collective(Node& node) const {
    const std::uint64_t type = attributes.needed(Key::comm_type, any_number);
    node.operation = operation(type);
    node.group = group();
    const std::uint64_t members = all.groups_->members[node.group].size();
    node.bytes = type == hecaton::execution::COLLECTIVE_BARRIER
                     ? barrier_bytes * members
                     : attributes.needed(Key::comm_size, most_moved_bytes);
    if (chiplet::has_root(node.operation)) node.root = root(node.group);
    if (members > 1 && node.bytes > 0) return;
    node.verb = Verb::nothing;
    node.operation = Node{}.operation;
    node.group = node.root = 0;
    node.bytes = 0;
  }

  Node node() const {
    Node node;
    node.id = message.id();
    node.name = message.name().substr(0, longest_name);
    node.verb = verb();
    node.after = after();
    node.recorded_ps = recorded_ps();
    switch (node.verb) {
      case Verb::nothing:
        break;
      case Verb::compute:
        node.operations = attributes.number(Key::num_ops, most_operations).value_or(0);
        [[fallthrough]];
      case Verb::load:
      case Verb::store:
        node.bytes = attributes.number(Key::tensor_size, most_moved_bytes).value_or(0);
        break;
      case Verb::send:
        set_message(node, Key::comm_dst, Key::comm_src);
        break;
      case Verb::receive:
        set_message(node, Key::comm_src, Key::comm_dst);
        break;
      case Verb::collective:
        set_collective(node);
        break;
    }
    if (node.verb == Verb::nothing) node.recorded_ps = 0;
    return node;
  }
};

std::string key_of_node(std::uint64_t id, std::string_view name) {
  return fmt::format("node {} {}", id, in_quotes(name));
}

Conversion::Conversion(std::string file, std::uint32_t rank, std::uint32_t ranks, const Groups& groups)
    : file_(std::move(file)),
      rank_(rank),
      ranks_(ranks),
      groups_(&groups),
      member_(groups.members.size(), Member::unknown) {}

bool Conversion::is_member(std::uint32_t group) {
  Member& member = member_.at(group);
  if (member == Member::unknown) member = groups_->place(group, rank_) ? Member::yes : Member::no;
  return member == Member::yes;
}

Node Conversion::operator()(const hecaton::execution::Node& message) {
  return NodeConversion(*this, message).node();
}

}  // namespace hecaton::io::execution
