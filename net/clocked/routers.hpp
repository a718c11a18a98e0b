// All that the routers of a rank remember, one router in one piece of memory: a decision touches a few
// neighbouring cache lines and needs one address. Large packages do not fit the cache, so lines are what
// counts: whatever every flit needs is in four of them.
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
#include <type_traits>
#include <vector>

#include "net/clocked/mail.hpp"
#include "net/clocked/state.hpp"

namespace hecaton::net::clocked {

// The most virtual channels of a port.
inline constexpr std::uint32_t most_channels = 8;

// What is behind a port. Behind the local one is the interface of the die.
struct Link {
  Place place = elsewhere;   // the first channel of the far end
  std::uint16_t flight = 0;  // cycles that a flit takes
  std::uint16_t credit = 0;  // and a credit
};
static_assert(sizeof(Link) == 8);

// A set of output channels, one bit each, or likewise of inputs' channels by the output that they go to.
template <std::uint32_t Capacity>
using ChannelSet = std::conditional_t<Capacity <= 4, std::uint32_t, std::uint64_t>;

// `Byte` is const for a router that may not be changed.
template <std::uint32_t Capacity, class Byte = std::byte>
class Router {
 public:
  Router(Byte* memory, std::uint32_t capacity) : memory_(memory), capacity_(capacity) {}

  auto& state() const { return *as<RouterState>(0); }
  // By input: its channels that could cross the switch (a flit, an output channel, a credit), by the output
  // (high part of a bit's number) and the channel.
  auto& want(std::uint32_t in) const {
    static_assert(Capacity != 0);
    return as<ChannelSet<Capacity>>(want_at(Capacity))[in];
  }
  auto& link(std::uint32_t port) const { return as<Link>(links_at(capacity()))[port]; }
  // Of the interface: how many flits more the router takes on a channel.
  auto& injection_credits(std::uint32_t channel) const {
    return as<std::uint16_t>(injection_at(capacity()))[channel];
  }
  auto& output(std::uint32_t id) const { return as<OutputChannel>(outputs_at(capacity()))[id]; }
  // Whole packets that went out of a port.
  auto& packets(std::uint32_t port) const { return as<std::uint64_t>(packets_at(capacity()))[port]; }
  auto& input(std::uint32_t id) const { return as<InputChannel>(inputs_at(capacity()))[id]; }

  // Begins to fetch what a flit needs that enters this input channel, and what more it needs to leave.
  void prefetch_input(std::uint32_t id) const {
    __builtin_prefetch(&state(), 1);
    __builtin_prefetch(&input(id), 1);
  }
  void prefetch_outputs() const {
    __builtin_prefetch(&link(0));
    __builtin_prefetch(&output(0), 1);
  }

  std::uint32_t port_of(std::uint32_t id) const { return id / capacity(); }
  std::uint32_t channel_of(std::uint32_t id) const { return id % capacity(); }
  std::uint32_t id_of(std::uint32_t port, std::uint32_t channel) const { return port * capacity() + channel; }
  std::uint32_t capacity() const { return Capacity != 0 ? Capacity : capacity_; }

  static constexpr std::size_t bytes(std::uint32_t capacity) {
    return up(inputs_at(capacity) + sizeof(InputChannel) * die_ports * capacity, 64);
  }

 private:
  static constexpr std::size_t up(std::size_t bytes, std::size_t unit) {
    return (bytes + unit - 1) / unit * unit;
  }
  static constexpr std::size_t want_bytes(std::uint32_t capacity) {
    return capacity <= 4 ? sizeof(ChannelSet<4>) : sizeof(ChannelSet<8>);
  }
  static constexpr std::size_t want_at(std::uint32_t capacity) {
    return up(sizeof(RouterState), want_bytes(capacity));
  }
  static constexpr std::size_t links_at(std::uint32_t capacity) {
    return up(want_at(capacity) + want_bytes(capacity) * die_ports, 8);
  }
  static constexpr std::size_t injection_at(std::uint32_t capacity) {
    return links_at(capacity) + sizeof(Link) * die_ports;
  }
  static constexpr std::size_t outputs_at(std::uint32_t capacity) {
    return up(injection_at(capacity) + sizeof(std::uint16_t) * capacity, 64);
  }
  static constexpr std::size_t packets_at(std::uint32_t capacity) {
    return up(outputs_at(capacity) + sizeof(OutputChannel) * die_ports * capacity, 8);
  }
  static constexpr std::size_t inputs_at(std::uint32_t capacity) {
    return up(packets_at(capacity) + sizeof(std::uint64_t) * die_ports, 64);
  }

  template <class Part>
  auto* as(std::size_t offset) const {
    using Same = std::conditional_t<std::is_const_v<Byte>, const Part, Part>;
    return std::launder(reinterpret_cast<Same*>(memory_ + offset));
  }

  Byte* memory_;
  std::uint32_t capacity_;
};

// Calls f(port) for the outputs that a set of channels has any of.
template <std::uint32_t C, class F>
void for_each_output(ChannelSet<C> channels, const Router<C> router, F&& f) {
  for (std::uint32_t port = 0; port < die_ports; ++port)
    if ((channels >> router.id_of(port, 0) & ((1u << C) - 1u)) != 0) f(port);
}

// Where the routers are; small enough for the registers of a loop.
template <std::uint32_t Capacity, class Byte = std::byte>
class RouterView {
 public:
  RouterView(Byte* memory, std::size_t bytes, std::uint32_t capacity)
      : memory_(memory), bytes_(bytes), capacity_(capacity) {}

  Router<Capacity, Byte> operator[](std::size_t router) const {
    constexpr std::size_t constant = Router<0>::bytes(Capacity);
    return {memory_ + router * (Capacity != 0 ? constant : bytes_), capacity_};
  }

 private:
  Byte* memory_;
  std::size_t bytes_;
  std::uint32_t capacity_;
};

// Does `work` with the capacity of routers as a constant.
template <class Work>
void with_capacity(std::uint32_t capacity, Work&& work) {
  switch (capacity) {
    case 1:
      return work.template operator()<1>();
    case 2:
      return work.template operator()<2>();
    case 4:
      return work.template operator()<4>();
    default:
      return work.template operator()<most_channels>();
  }
}

class Routers {
 public:
  Routers(std::size_t routers, std::uint32_t channels)
      : size_(routers),
        capacity_(std::bit_ceil(channels)),
        bytes_(Router<0>::bytes(capacity_)),
        memory_(routers * bytes_) {  // zeros: nobody wants anything
    for (std::size_t r = 0; r < routers; ++r) {
      const Router<0> router = (*this)[r];
      std::construct_at(&router.state());
      for (std::uint32_t p = 0; p < die_ports; ++p) std::construct_at(&router.link(p));
      for (std::uint32_t p = 0; p < die_ports; ++p) std::construct_at(&router.packets(p));
      for (std::uint32_t c = 0; c < capacity_; ++c) std::construct_at(&router.injection_credits(c));
      for (std::uint32_t id = 0; id < channels_each(); ++id) std::construct_at(&router.input(id));
      for (std::uint32_t id = 0; id < channels_each(); ++id) std::construct_at(&router.output(id));
    }
  }

  // Precondition: Capacity is capacity().
  template <std::uint32_t Capacity>
  RouterView<Capacity> view() {
    return {memory_.data(), bytes_, capacity_};
  }
  Router<0> operator[](std::size_t router) { return {&memory_[router * bytes_], capacity_}; }
  Router<0, const std::byte> operator[](std::size_t router) const {
    return {&memory_[router * bytes_], capacity_};
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
