#include "core/chiplet/dies/io_die.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace hecaton::chiplet {

IoDieSetup resolve_io_die(const MemoryConfig& memory, NodeId id, std::uint32_t channels) {
  return {id, channels, rate_from(memory.bandwidth_GBps, 1e9), from_nanoseconds(memory.latency_ns),
          memory.burst_bytes};
}

IoDie::IoDie(const IoDieSetup& setup) : setup_(setup) {
  state_.channels.resize(setup.channels);
  totals_.channels.resize(setup.channels, {0, TimeBins(setup.bins)});
  if (setup.channels == 0 || setup.channel.is_free() || setup.burst_bytes == 0) {
    throw std::logic_error("IO die " + std::to_string(setup.id.value) +
                           " has no channel, bandwidth or burst size");
  }
}

void IoDie::enqueue(const Message& message, SimTime now) {
  const MessageKind kind = tag_kind(message.tag);
  if (kind != MessageKind::read_request && kind != MessageKind::write_data) {
    throw std::logic_error("IO die " + std::to_string(setup_.id.value) + " got a message that is no request");
  }
  const std::uint64_t bytes = kind == MessageKind::read_request ? tag_detail(message.tag) : message.bytes;
  const IoRequest request{now, message.source, message.tag, bytes, 0};
  const auto key = [](const IoRequest& r) { return std::tuple(r.die, r.tag); };
  const auto at = std::upper_bound(state_.arrived.begin(), state_.arrived.end(), request,
                                   [&](const IoRequest& a, const IoRequest& b) { return key(a) < key(b); });
  state_.arrived.insert(at, request);
}

ExactTime IoDie::after(ExactTime start, std::uint64_t bytes) const {
  const std::uint64_t rate = setup_.channel.per_second;
  const Wide numerator = Wide{bytes} * ps_per_second + start.fraction;
  const Wide whole = numerator / rate;
  const SimTime end = SimTime{start.ps} + SimDuration{static_cast<std::int64_t>(whole)};
  return {end.ps, static_cast<std::uint64_t>(numerator % rate)};
}

Message IoDie::next_answer(IoRequest& request, std::uint64_t bytes) const {
  const std::uint32_t transfer = tag_transfer(request.tag);
  if (!request.reads()) {
    const std::uint64_t tag = transfer_tag(MessageKind::write_done, transfer, tag_detail(request.tag));
    return {setup_.id, request.die, tag, control_bytes, Route::direct};
  }
  const std::uint64_t tag = transfer_tag(MessageKind::read_data, transfer, request.burst++);
  return {setup_.id, request.die, tag, static_cast<std::uint32_t>(bytes), Route::direct};
}

void IoDie::serve(std::size_t number) {
  DramChannel& channel = state_.channels[number];
  IoRequest request = state_.requests.front();
  state_.requests.pop_front();
  // A write comes as one message and is stored as one burst, whatever the sender's burst size.
  const std::uint64_t bytes =
      request.reads() ? std::min<std::uint64_t>(request.left, setup_.burst_bytes) : request.left;
  const ExactTime ready{(request.arrival + setup_.latency).ps, 0};
  const ExactTime start = std::max(ready, channel.free);
  channel.free = after(start, bytes);
  ChannelTotals& total = totals_.channels[number];
  total.busy_ps += static_cast<std::uint64_t>(channel.free.ps - start.ps);
  total.busy.add({start.ps}, {channel.free.ps});
  channel.done = SimTime{channel.free.ps} + SimDuration{channel.free.fraction > 0 ? 1 : 0};
  channel.busy = true;
  channel.answer = next_answer(request, bytes);
  (request.reads() ? totals_.read_bytes : totals_.write_bytes) += bytes;
  ++totals_.bursts;
  request.left -= bytes;
  if (request.left > 0) state_.requests.push_back(request);
}

bool IoDie::idle() const {
  return state_.arrived.empty() && state_.requests.empty() &&
         std::none_of(state_.channels.begin(), state_.channels.end(),
                      [](const DramChannel& c) { return c.busy; });
}

std::string IoDie::blocked_on() const {
  if (idle()) return {};
  std::string text = std::to_string(state_.requests.size() + state_.arrived.size()) + " requests";
  if (!state_.requests.empty()) {
    text += std::string(", next is a ") + (state_.requests.front().reads() ? "read" : "write") + " for die " +
            std::to_string(state_.requests.front().die.value);
  }
  for (std::size_t i = 0; i < state_.channels.size(); ++i) {
    if (!state_.channels[i].busy) continue;
    text += "; channel " + std::to_string(i) + " busy until " + std::to_string(state_.channels[i].done.ps) +
            " ps";
  }
  return text;
}

IoCounters IoDie::counters() const {
  const Wide moved = Wide{totals_.read_bytes} + totals_.write_bytes;
  const auto busy = static_cast<std::uint64_t>(moved * ps_per_second / setup_.channel.per_second);
  return {totals_.read_bytes, totals_.write_bytes, totals_.bursts, busy};
}

}  // namespace hecaton::chiplet
