// For how many cycles outputs of a rank's clocked network were idle though something was to be sent, and why: as
// net/events/output_stalls.hpp says it, cycle by cycle.
//
// A channel of an output is blocked while a flit of its owner is here and it has no credit. That changes seldom, so
// cycles from one change to the next are counted at once, and those in which another channel sends are taken off. Rivals
// are noted in the cycle in which they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "net/clocked/state.hpp"
#include "net/package/bits.hpp"

namespace hecaton::net::clocked {

class PortStalls {
 public:
  explicit PortStalls(std::size_t routers) : ports_(routers * die_ports), rivals_(routers, 0) {}

  bool keeps() const { return !ports_.empty(); }

  // One channel more, or less, is blocked from this cycle on.
  void block(std::uint32_t router, std::uint32_t port, Cycle from) {
    Port& of = ports_[router * die_ports + port];
    if (of.blocked++ == 0) of.since = from;
  }
  void unblock(std::uint32_t router, std::uint32_t port, Cycle from) {
    Port& of = ports_[router * die_ports + port];
    if (--of.blocked == 0) of.credit += from - of.since;
  }
  // The port sends in this cycle; before what that blocks.
  void sends(std::uint32_t router, std::uint32_t port) {
    Port& of = ports_[router * die_ports + port];
    if (of.blocked != 0) --of.credit;
  }

  // In this cycle somebody wants the port, and does not get it.
  void has_rival(std::uint32_t router, std::uint32_t port) {
    if (rivals_[router] == 0) with_rivals_.push_back(router);
    rivals_[router] = static_cast<std::uint8_t>(rivals_[router] | (1u << port));
  }
  // Ends the cycle, before anything is blocked that is free in it. `sending`(router): ports that send, one bit each.
  template <class Sending>
  void count_rivals(Sending&& sending) {
    for (const std::uint32_t router : with_rivals_) {
      net::detail::for_each_bit(rivals_[router] & ~std::uint32_t{sending(router)}, [&](std::uint32_t port) {
        Port& of = ports_[router * die_ports + port];
        of.rival += of.blocked == 0;
      });
      rivals_[router] = 0;
    }
    with_rivals_.clear();
  }

  // Cycles of one port, up to those before `from`.
  struct Cycles {
    Cycle credit = 0;
    Cycle rival = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(credit, rival);
    }
  };
  Cycles of(std::size_t router, std::size_t port, Cycle from) const {
    const Port& at = ports_[router * die_ports + port];
    return {at.credit + (at.blocked != 0 ? from - at.since : 0), at.rival};
  }

  // For a checkpoint. What is blocked at `from`, the first cycle that is not done, is told by block().
  using Saved = std::vector<Cycles>;
  Saved save(std::size_t router, Cycle from) const {
    Saved saved;
    for (std::size_t port = 0; keeps() && port < die_ports; ++port) saved.push_back(of(router, port, from));
    return saved;
  }
  // Throws std::runtime_error if they are of a run that keeps them, or does not, unlike this one.
  void restore(std::size_t router, const Saved& saved) {
    if (saved.size() != (keeps() ? die_ports : 0)) throw std::runtime_error("it has other stalls of links");
    for (std::size_t port = 0; port < saved.size(); ++port) {
      ports_[router * die_ports + port].credit = saved[port].credit;
      ports_[router * die_ports + port].rival = saved[port].rival;
    }
  }

 private:
  struct Port {
    Cycle credit = 0;  // but for the interval under way
    Cycle rival = 0;
    Cycle since = 0;
    std::uint32_t blocked = 0;  // channels
  };

  std::vector<Port> ports_;           // by router and port; none where stalls are not kept
  std::vector<std::uint8_t> rivals_;  // by router, in this cycle: ports, one bit each
  std::vector<std::uint32_t> with_rivals_;
};

}  // namespace hecaton::net::clocked
