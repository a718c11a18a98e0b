// The DRAM transfers of a die that are outstanding: asynchronous reads and writes, counted per slot.
//
// A read sends one request to each IO die of its share and waits for the bursts. A write is paced: at most
// max_writes_per_io bursts to one IO die, and max_writes in all, are on their way or unacknowledged, so that
// a long write does not flood the interface queue ahead of the chunks of collectives (at the defaults 4 x 256
// KiB are 16 us of a 64 GB/s port). IO dies take turns. Each die begins with another one, so that dies that
// write at the same time do not form a convoy.
//
// The order of messages within an instant changes nothing: a message is only noted, and finished transfers
// are handed out in the order in which they were started.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/chiplet/dies/host.hpp"
#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/tags.hpp"

namespace hecaton::chiplet {

inline constexpr std::uint32_t max_writes_per_io = 2;
inline constexpr std::uint32_t max_writes = 4;

// A die's way to DRAM: fixed for the whole run.
struct DramAccess {
  NodeId die;
  std::span<const DramShare> shares;
  std::uint32_t burst_bytes = 1;

  std::uint64_t bursts_of(std::uint64_t bytes) const { return (bytes + burst_bytes - 1) / burst_bytes; }
};

class DramTransfers {
 public:
  struct Transfer {
    OperationRow row;
    std::uint32_t id = 0;
    std::uint8_t slot = 0;
    std::uint64_t bursts = 0;           // in all
    std::uint64_t missing = 0;          // not yet received (read) or acknowledged (write)
    std::vector<std::uint64_t> unsent;  // write: bytes per share still to be sent
    NodeId last_io;                     // the lowest of those whose messages came last, at row.end_ps

    template <class Archive>
    void serialize(Archive& archive) {
      archive(row, id, slot, bursts, missing, unsent, last_io);
    }
  };

  DramTransfers() = default;
  explicit DramTransfers(const DramAccess& access);

  // `row` says kind, stage, labels, start and bytes; it comes back from take_finished() with its end.
  template <MessageHost H>
  void start_read(H& h, const DramAccess& access, const OperationRow& row, std::uint8_t slot);
  // Only queued here; pump() sends.
  void start_write(const DramAccess& access, const OperationRow& row, std::uint8_t slot);

  // A burst of data or an acknowledgement came; true if the die has something to do about it now.
  bool note(const Message& message, SimTime now);

  // Sends the write bursts that the pacing allows.
  template <MessageHost H>
  void pump(H& h, const DramAccess& access);

  // Calls take(transfer) for each that is complete, in the order of their start, and forgets it.
  template <class Take>
  void take_finished(Take&& take);

  bool busy(std::uint8_t slot) const;
  bool busy() const { return !transfers_.empty(); }
  // Bursts of all transfers that are missing.
  std::uint64_t outstanding() const;
  // "2 transfers (12 of 40 bursts missing)" for the deadlock report; all slots if slot == dram_slots.
  std::string describe(std::uint8_t slot) const;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(next_id_, writes_out_, turn_, any_finished_, unsent_bytes_, writes_out_of_, transfers_);
  }

 private:
  Transfer& add(const DramAccess& access, const OperationRow& row, std::uint8_t slot);
  Transfer& find(const Message& message);
  // The oldest write that has bytes for this share, or null.
  Transfer* next_write(std::size_t share);

  std::uint32_t next_id_ = 0;
  std::uint32_t writes_out_ = 0;  // write bursts not yet acknowledged
  std::uint32_t turn_ = 0;        // the share that writes next
  bool any_finished_ = false;
  std::uint64_t unsent_bytes_ = 0;           // of all writes
  std::vector<std::uint8_t> writes_out_of_;  // per share; empty until the first write
  std::vector<Transfer> transfers_;          // in the order of their start
};

template <MessageHost H>
void DramTransfers::start_read(H& h, const DramAccess& access, const OperationRow& row, std::uint8_t slot) {
  Transfer& transfer = add(access, row, slot);
  split_bytes(row.bytes, access.shares, [&](std::size_t share, std::uint64_t bytes) {
    if (bytes == 0) return;
    transfer.missing += access.bursts_of(bytes);
    h.send(Message{access.die, access.shares[share].io,
                   transfer_tag(MessageKind::read_request, transfer.id, bytes), control_bytes,
                   Route::direct});
  });
  transfer.bursts = transfer.missing;
}

template <MessageHost H>
void DramTransfers::pump(H& h, const DramAccess& access) {
  std::size_t idle_turns = 0;
  while (unsent_bytes_ > 0 && writes_out_ < max_writes && idle_turns < access.shares.size()) {
    const std::uint32_t share = turn_;
    turn_ = static_cast<std::uint32_t>((turn_ + 1) % access.shares.size());
    ++idle_turns;
    if (writes_out_of_[share] >= max_writes_per_io) continue;
    Transfer* const transfer = next_write(share);
    if (transfer == nullptr) continue;
    std::uint64_t& unsent = transfer->unsent[share];
    const std::uint64_t left = access.bursts_of(unsent);  // counts down: a name for the burst
    const auto bytes = static_cast<std::uint32_t>(unsent < access.burst_bytes ? unsent : access.burst_bytes);
    unsent -= bytes;
    unsent_bytes_ -= bytes;
    ++writes_out_;
    ++writes_out_of_[share];
    idle_turns = 0;
    h.send(Message{access.die, access.shares[share].io, write_tag(transfer->id, share, left), bytes,
                   Route::direct});
  }
}

template <class Take>
void DramTransfers::take_finished(Take&& take) {
  if (!any_finished_) return;
  any_finished_ = false;
  std::erase_if(transfers_, [&](const Transfer& transfer) {
    if (transfer.missing > 0) return false;
    take(transfer);
    return true;
  });
}

}  // namespace hecaton::chiplet
