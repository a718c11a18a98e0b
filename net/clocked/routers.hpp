// All that the routers of a rank remember, one router in one piece of memory: a decision touches a few
// neighbouring cache lines and needs one address.
//
// A piece has room for a power of two of virtual channels per port, so that a channel's number is its port
// and its channel side by side; `Capacity` is that power. Hot code is compiled for each, the rest (0) looks
// it up.
#pragma once

#include <bit>
#include <boost/align/aligned_allocator.hpp>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "net/clocked/mail.hpp"
#include "net/clocked/state.hpp"

namespace hecaton::net::clocked {

// The most virtual channels of a port.
inline constexpr std::uint32_t most_channels = 8;

// What is behind a port, and what went out of it. Behind the local one is the interface of the die.
struct PortState {
  std::uint64_t flits = 0;
  Place place = elsewhere;   // the first channel of the far end
  std::uint16_t flight = 0;  // cycles that a flit takes
  std::uint16_t credit = 0;  // and a credit
};
static_assert(sizeof(PortState) == 16);

template <std::uint32_t Capacity>
class Router {
 public:
  Router(std::byte* memory, std::uint32_t capacity) : memory_(memory), capacity_(capacity) {}

  RouterState& state() const { return *as<RouterState>(0); }
  PortState& port(std::uint32_t port) const { return as<PortState>(ports_at)[port]; }
  ChannelSets& sets() const { return *as<ChannelSets>(sets_at); }
  std::uint64_t& packets(std::uint32_t port) const { return as<std::uint64_t>(packets_at)[port]; }
  OutputChannel& output(std::uint32_t id) const { return as<OutputChannel>(outputs_at)[id]; }
  InputChannel& input(std::uint32_t id) const { return as<InputChannel>(inputs_at(capacity()))[id]; }
  std::uint32_t port_of(std::uint32_t id) const { return id / capacity(); }
  std::uint32_t channel_of(std::uint32_t id) const { return id % capacity(); }
  std::uint32_t id_of(std::uint32_t port, std::uint32_t channel) const { return port * capacity() + channel; }

  static constexpr std::size_t bytes(std::uint32_t capacity) {
    return up(inputs_at(capacity) + sizeof(InputChannel) * die_ports * capacity);
  }
  std::uint32_t capacity() const { return Capacity != 0 ? Capacity : capacity_; }

 private:
  // What is used together starts at a cache line; what is used seldom fills the gaps.
  static constexpr std::size_t up(std::size_t bytes) { return (bytes + 63) / 64 * 64; }
  static constexpr std::size_t ports_at = sizeof(RouterState);
  static constexpr std::size_t sets_at = ports_at + sizeof(PortState) * die_ports;
  static constexpr std::size_t packets_at = (sets_at + sizeof(ChannelSets) + 7) / 8 * 8;
  static constexpr std::size_t outputs_at = up(packets_at + sizeof(std::uint64_t) * die_ports);
  static constexpr std::size_t inputs_at(std::uint32_t capacity) {
    return up(outputs_at + sizeof(OutputChannel) * die_ports * capacity);
  }

  template <class Part>
  Part* as(std::size_t offset) const {
    return std::launder(reinterpret_cast<Part*>(memory_ + offset));
  }

  std::byte* memory_;
  std::uint32_t capacity_;
};

class Routers {
 public:
  Routers(std::size_t routers, std::uint32_t channels)
      : size_(routers),
        capacity_(std::bit_ceil(channels)),
        bytes_(Router<0>::bytes(capacity_)),
        memory_(routers * bytes_) {
    for (std::uint32_t r = 0; r < routers; ++r) {
      const Router<0> router = at<0>(r);
      std::construct_at(&router.state());
      std::construct_at(&router.sets());
      for (std::uint32_t p = 0; p < die_ports; ++p) std::construct_at(&router.port(p));
      for (std::uint32_t p = 0; p < die_ports; ++p) std::construct_at(&router.packets(p));
      for (std::uint32_t id = 0; id < channels_each(); ++id) std::construct_at(&router.input(id));
      for (std::uint32_t id = 0; id < channels_each(); ++id) std::construct_at(&router.output(id));
    }
  }

  // Who may change the set of routers may change a router.
  template <std::uint32_t Capacity>
  Router<Capacity> at(std::uint32_t router) {
    constexpr std::size_t constant = Router<0>::bytes(Capacity);
    return {&memory_[std::size_t{router} * (Capacity != 0 ? constant : bytes_)], capacity_};
  }
  Router<0> operator[](std::size_t router) const {
    return {const_cast<std::byte*>(&memory_[router * bytes_]), capacity_};
  }
  std::size_t size() const { return size_; }
  std::uint32_t capacity() const { return capacity_; }
  // Channels of one side of a router.
  std::uint32_t channels_each() const { return die_ports * capacity_; }

 private:
  std::size_t size_;
  std::uint32_t capacity_;
  std::size_t bytes_;
  std::vector<std::byte, boost::alignment::aligned_allocator<std::byte, 64>> memory_;
};

}  // namespace hecaton::net::clocked
