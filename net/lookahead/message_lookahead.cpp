#include "net/lookahead/message_lookahead.hpp"

#include <functional>
#include <queue>
#include <stdexcept>
#include <string>

#include "net/package/hops.hpp"

namespace hecaton::net {

namespace {

constexpr std::int64_t far_in_reaches = 64;

// From each node to an effect beyond the border, by a message from there, or by one to a node that sends one.
std::vector<SimDuration> times_to_effect(const Fabric& fabric, const NodeLookahead& node_lookahead,
                                         std::span<const RankId> region_of,
                                         const std::vector<bool>& sends_out, bool with_injection) {
  const Timing& timing = fabric.timing;
  const SimDuration injection = with_injection ? timing.overhead + timing.latch_injection() : SimDuration{};
  const SimDuration to_tell = injection + timing.latch_ejection();
  std::vector<SimDuration> after(region_of.size(), SimDuration::forever());
  std::vector<SimDuration> told(region_of.size(),
                                SimDuration::forever());  // a node there, before the way to it
  using Reached = std::pair<SimDuration, std::uint32_t>;
  std::priority_queue<Reached, std::vector<Reached>, std::greater<>> wave;
  const auto reach = [&](NodeId node, SimDuration time) {
    if (time >= told[node.value]) return;
    told[node.value] = time;
    wave.push({time, node.value});
  };
  for (std::uint32_t n = 0; n < region_of.size(); ++n)
    if (sends_out[n]) {
      after[n] = injection + node_lookahead.of(NodeId{n});
      reach(NodeId{n}, after[n]);
    }
  while (!wave.empty()) {
    const auto [time, n] = wave.top();
    wave.pop();
    if (time > told[n]) continue;
    for (std::uint32_t p = 0; p < port_count; ++p) {
      const auto from = fabric.topology.neighbour(NodeId{n}, static_cast<Port>(p));
      if (from && region_of[from->value] == region_of[n]) reach(*from, time + timing.least_link);
    }
  }
  for (std::uint32_t n = 0; n < region_of.size(); ++n)
    if (told[n] != SimDuration::forever()) after[n] = std::min(after[n], told[n] + to_tell);
  return after;
}

WormHeader header_of(NodeId source, const OutgoingMessage& message) {
  WormHeader header;
  header.source = source;
  header.destination = message.destination;
  header.tag = message.tag;
  header.express = message.express;
  header.background = message.background;
  return header;
}

}  // namespace

MessageLookahead::MessageLookahead(const Fabric& fabric, const NodeLookahead& node_lookahead,
                                   std::span<const RankId> region_of, RankId self,
                                   const std::vector<bool>& sends_out, const LookaheadSources& sources)
    : fabric_(fabric),
      region_of_(region_of.begin(), region_of.end()),
      self_(self),
      node_lookahead_(node_lookahead),
      serialisation_(sources.serialisation),
      after_(times_to_effect(fabric, node_lookahead, region_of, sends_out, sources.interface)),
      far_(far_in_reaches * node_lookahead.least()),
      bound_(region_of.size(), SimTime::never()),
      under_way_(region_of.size()) {
  for (std::uint32_t n = 0; n < region_of.size(); ++n)
    if (region_of[n] == self && sends_out[n]) senders_.push_back(NodeId{n});
}

// Whether its way leaves this rank; and how many links of it do not.
bool MessageLookahead::leaves(const WormHeader& header, std::uint32_t& hops) const {
  hops = 0;
  return !for_each_hop(fabric_.routes, fabric_.topology, header, [&](const Hop& hop) {
    if (region_of_[hop.to.value] != self_) return false;
    ++hops;
    return true;
  });
}

void MessageLookahead::handed_over(NodeId source, const OutgoingMessage& message, SimTime now) {
  const Timing& timing = fabric_.timing;
  const Key key{source, message.destination, message.tag};
  std::uint32_t hops = 0;
  const std::uint32_t flits = timing.flits_of(message.bytes);
  if (leaves(header_of(source, message), hops)) {
    if (after_[source.value] > node_lookahead_.of(source) + timing.overhead + timing.latch_injection())
      throw std::logic_error("node " + std::to_string(source.value) +
                             " was said to send nothing to other ranks, and sends to node " +
                             std::to_string(message.destination.value));
    open(key, timing.worms_of(message.bytes));
    return;
  }
  const SimDuration last_flit = serialisation_ ? (flits - 1) * timing.cycle : SimDuration{};
  const SimTime earliest = now + timing.overhead + timing.latch_injection() + hops * timing.least_link +
                           timing.latch_ejection() + last_flit;
  under_way_[message.destination.value].push_back({source, message.tag, flits, earliest});
  const SimTime bound = bound_of(earliest, message.destination);
  if (bound >= bound_[message.destination.value]) return;
  bound_[message.destination.value] = bound;
  add({bound, SimTime{}, message.destination.value});
}

void MessageLookahead::delivered(const WormHeader& header, bool complete) {
  std::vector<UnderWay>& here = under_way_[header.destination.value];
  for (UnderWay& message : here) {
    if (message.source != header.source || message.tag != header.tag) continue;
    if (complete) {
      message = here.back();
      here.pop_back();
    }
    return;
  }
  close({header.source, header.destination, header.tag});
}

SimTime MessageLookahead::renewed(NodeId node, SimTime sure, const Interface& interface) {
  SimTime earliest = SimTime::never();
  for (UnderWay& message : under_way_[node.value]) {
    if (message.earliest <= sure)
      message.earliest = serialisation_ ? std::max(sure, interface.due(fabric_.timing, message.source,
                                                                       message.tag, message.flits, sure))
                                        : sure;
    earliest = std::min(earliest, message.earliest);
  }
  return bound_of(earliest, node);
}

void MessageLookahead::open(const Key& key, std::uint32_t worms) {
  for (Crossing& c : crossing_)
    if (c.key == key) {
      c.worms += worms;
      return;
    }
  crossing_.push_back({key, worms});
}

void MessageLookahead::close(const Key& key) {
  for (Crossing& c : crossing_) {
    if (!(c.key == key)) continue;
    if (--c.worms > 0) return;
    c = crossing_.back();
    crossing_.pop_back();
    return;
  }
}

void MessageLookahead::find_again() {
  lost_ = false;
  crossing_.clear();
  leaving_.clear();
  first_gone_ = SimTime::never();
  heap_.clear();
  woken_.clear();
  std::fill(bound_.begin(), bound_.end(), SimTime::never());
  for (std::vector<UnderWay>& to_node : under_way_) to_node.clear();
}

void MessageLookahead::expect(NodeId at, SimTime time) {
  const SimTime reply = time + node_lookahead_.of(at);
  expected_.push_back({time, reply});
  silent_until_ = std::min(silent_until_, reply);
}

void MessageLookahead::came_in(const Payload& head) {
  const WormHeader header = net::header_of(head);
  open({header.source, header.destination, header.tag}, 1);
}

void MessageLookahead::posted(NodeId to, const Payload& payload, SimTime arrival) {
  const auto same_channel = [&](const Leaving& worm) {
    return worm.to == to && worm.port == payload.port && worm.channel == payload.channel;
  };
  const auto at = std::find_if(leaving_.begin(), leaving_.end(), same_channel);
  if (payload.kind == EventKind::head) {
    Leaving worm;
    worm.key = {NodeId{payload.source}, NodeId{payload.destination}, payload.tag};
    worm.to = to;
    worm.port = payload.port;
    worm.channel = payload.channel;
    worm.flits = fabric_.timing.flits_of(payload.bytes);
    worm.announced = worm.run_flits = payload.flits;
    worm.run_arrival = arrival;
    may_be_gone(worm);
    if (at == leaving_.end()) {
      leaving_.push_back(worm);
    } else {  // the one before it has gone
      close(at->key);
      *at = worm;
    }
    return;
  }
  if (at == leaving_.end()) return;
  if (payload.kind == EventKind::body) {
    at->announced += payload.flits;
    at->run_flits = payload.flits;
    at->run_arrival = arrival;
  } else if (payload.kind == EventKind::cut && at->run_arrival == payload.created &&
             payload.flits < at->run_flits) {
    at->announced -= at->run_flits - payload.flits;
    at->run_flits = payload.flits;
  }
  may_be_gone(*at);
}

// When its last flit has arrived beyond the border, where nothing can be cut from it any more.
SimTime MessageLookahead::gone_at(const Leaving& worm) const {
  return worm.announced < worm.flits ? SimTime::never()
                                     : worm.run_arrival + worm.run_flits * fabric_.timing.cycle;
}

void MessageLookahead::may_be_gone(const Leaving& worm) {
  first_gone_ = std::min(first_gone_, gone_at(worm));
}

void MessageLookahead::forget_gone(SimTime sure) {
  first_gone_ = SimTime::never();
  for (std::size_t i = 0; i < leaving_.size();) {
    Leaving& worm = leaving_[i];
    if (gone_at(worm) > sure) {
      may_be_gone(worm);
      ++i;
      continue;
    }
    close(worm.key);
    worm = leaving_.back();
    leaving_.pop_back();
  }
}

void MessageLookahead::heap_woken(SimTime next) {
  for (const Entry& entry : woken_)
    if (entry.time >= next) add(entry);
  woken_.clear();
}

}  // namespace hecaton::net
