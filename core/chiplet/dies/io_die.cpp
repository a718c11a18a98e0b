#include "core/chiplet/dies/io_die.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace hecaton::chiplet {

IoDieSetup resolve_io_die(const MemoryConfig& memory, NodeId id, std::uint32_t channels) {
  return {id, channels, rate_from(memory.bandwidth_GBps, 1e9), from_nanoseconds(memory.latency_ns),
          memory.burst_bytes};
}

IoDie::IoDie(const IoDieSetup& setup) : setup_(setup), channels_(setup.channels) {
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
  const std::uint64_t bytes = kind == MessageKind::read_request ? tag_low48(message.tag) : message.bytes;
  const Request request{now, message.source, message.tag, bytes, 0};
  const auto key = [](const Request& r) { return std::tuple(r.die, r.tag); };
  const auto at = std::upper_bound(arrived_.begin(), arrived_.end(), request,
                                   [&](const Request& a, const Request& b) { return key(a) < key(b); });
  arrived_.insert(at, request);
}

IoDie::ExactTime IoDie::after(ExactTime start, std::uint64_t bytes) const {
  const std::uint64_t rate = setup_.channel.per_second;
  const Wide numerator = Wide{bytes} * ps_per_second + start.fraction;
  const Wide whole = numerator / rate;
  const SimTime end = SimTime{start.ps} + SimDuration{static_cast<std::int64_t>(whole)};
  return {end.ps, static_cast<std::uint64_t>(numerator % rate)};
}

Message IoDie::next_answer(Request& request, std::uint64_t bytes) const {
  const std::uint32_t transfer = tag_transfer(request.tag);
  if (!request.reads()) {
    const std::uint64_t tag = transfer_tag(MessageKind::write_done, transfer, tag_low48(request.tag));
    return {setup_.id, request.die, tag, control_bytes, Route::direct};
  }
  const std::uint64_t tag = transfer_tag(MessageKind::read_data, transfer, request.burst++);
  return {setup_.id, request.die, tag, static_cast<std::uint32_t>(bytes), Route::direct};
}

void IoDie::serve(Channel& channel) {
  Request request = requests_.front();
  requests_.pop_front();
  // A write comes as one message and is stored as one burst, whatever the sender's burst size.
  const std::uint64_t bytes =
      request.reads() ? std::min<std::uint64_t>(request.left, setup_.burst_bytes) : request.left;
  const ExactTime ready{(request.arrival + setup_.latency).ps, 0};
  channel.free = after(std::max(ready, channel.free), bytes);
  channel.done = SimTime{channel.free.ps} + SimDuration{channel.free.fraction > 0 ? 1 : 0};
  channel.busy = true;
  channel.answer = next_answer(request, bytes);
  (request.reads() ? read_bytes_ : write_bytes_) += bytes;
  ++bursts_;
  request.left -= bytes;
  if (request.left > 0) requests_.push_back(request);
}

bool IoDie::idle() const {
  return arrived_.empty() && requests_.empty() &&
         std::none_of(channels_.begin(), channels_.end(), [](const Channel& c) { return c.busy; });
}

std::string IoDie::blocked_on() const {
  if (idle()) return {};
  std::string text = std::to_string(requests_.size() + arrived_.size()) + " requests";
  if (!requests_.empty()) {
    text += std::string(", next is a ") + (requests_.front().reads() ? "read" : "write") + " for die " +
            std::to_string(requests_.front().die.value);
  }
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    if (!channels_[i].busy) continue;
    text += "; channel " + std::to_string(i) + " busy until " + std::to_string(channels_[i].done.ps) + " ps";
  }
  return text;
}

IoCounters IoDie::counters() const {
  const Wide moved = Wide{read_bytes_} + write_bytes_;
  const auto busy = static_cast<std::uint64_t>(moved * ps_per_second / setup_.channel.per_second);
  return {read_bytes_, write_bytes_, bursts_, busy};
}

}  // namespace hecaton::chiplet
