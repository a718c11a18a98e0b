#include "core/chiplet/dies/dram_transfers.hpp"

#include <algorithm>
#include <stdexcept>

namespace hecaton::chiplet {

DramTransfers::DramTransfers(const DramAccess& access) {
  if (!access.shares.empty()) turn_ = static_cast<std::uint32_t>(access.die.value % access.shares.size());
}

DramTransfers::Transfer& DramTransfers::add(const DramAccess& access, const OperationRow& row,
                                            std::uint8_t slot) {
  if (access.shares.empty())
    throw std::logic_error("die " + std::to_string(access.die.value) + " has no IO die to ask for DRAM");
  if (row.bytes > max_transfer_bytes) throw std::logic_error("a DRAM transfer of more than 2^48 bytes");
  const std::uint32_t id = next_id_;
  next_id_ = (next_id_ + 1) % transfer_ids;
  if (std::any_of(transfers_.begin(), transfers_.end(), [id](const Transfer& t) { return t.id == id; })) {
    throw std::logic_error("more DRAM transfers outstanding than there are names for");
  }
  Transfer& transfer = transfers_.emplace_back();
  transfer.row = row;
  transfer.row.end_ps = row.start_ps;
  transfer.id = id;
  transfer.slot = slot;
  any_finished_ = any_finished_ || row.bytes == 0;
  return transfer;
}

void DramTransfers::start_write(const DramAccess& access, const OperationRow& row, std::uint8_t slot) {
  Transfer& transfer = add(access, row, slot);
  writes_out_of_.resize(access.shares.size());
  transfer.unsent.resize(access.shares.size());
  split_bytes(row.bytes, access.shares, [&](std::size_t share, std::uint64_t bytes) {
    transfer.unsent[share] = bytes;
    transfer.missing += access.bursts_of(bytes);
  });
  transfer.bursts = transfer.missing;
  unsent_bytes_ += row.bytes;
}

DramTransfers::Transfer& DramTransfers::find(const Message& message) {
  const std::uint32_t id = tag_transfer(message.tag);
  const auto at =
      std::find_if(transfers_.begin(), transfers_.end(), [id](const Transfer& t) { return t.id == id; });
  if (at == transfers_.end() || at->missing == 0) {
    throw std::logic_error("die " + std::to_string(message.destination.value) +
                           " got a burst of a DRAM transfer it does not wait for");
  }
  return *at;
}

DramTransfers::Transfer* DramTransfers::next_write(std::size_t share) {
  const auto at = std::find_if(transfers_.begin(), transfers_.end(), [share](const Transfer& t) {
    return !t.unsent.empty() && t.unsent[share] > 0;
  });
  return at == transfers_.end() ? nullptr : &*at;
}

bool DramTransfers::note(const Message& message, SimTime now) {
  Transfer& transfer = find(message);
  const bool acknowledges = tag_kind(message.tag) == MessageKind::write_done;
  if (acknowledges) {
    --writes_out_;
    --writes_out_of_.at(tag_share(message.tag));
  }
  const bool is_first_now = transfer.row.end_ps < now.ps;
  transfer.last_io = is_first_now ? message.source : std::min(transfer.last_io, message.source);
  transfer.row.end_ps = now.ps;
  const bool complete = --transfer.missing == 0;
  any_finished_ = any_finished_ || complete;
  return complete || (acknowledges && unsent_bytes_ > 0);
}

bool DramTransfers::busy(std::uint8_t slot) const {
  return std::any_of(transfers_.begin(), transfers_.end(),
                     [slot](const Transfer& t) { return t.slot == slot; });
}

std::uint64_t DramTransfers::outstanding() const {
  std::uint64_t missing = 0;
  for (const Transfer& transfer : transfers_) missing += transfer.missing;
  return missing;
}

std::string DramTransfers::describe(std::uint8_t slot) const {
  std::uint64_t count = 0;
  std::uint64_t missing = 0;
  std::uint64_t bursts = 0;
  for (const Transfer& transfer : transfers_) {
    if (slot != dram_slots && transfer.slot != slot) continue;
    ++count;
    missing += transfer.missing;
    bursts += transfer.bursts;
  }
  return std::to_string(count) + (count == 1 ? " transfer (" : " transfers (") + std::to_string(missing) +
         " of " + std::to_string(bursts) + " bursts missing)";
}

}  // namespace hecaton::chiplet
