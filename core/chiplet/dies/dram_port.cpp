#include "core/chiplet/dies/dram_port.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace hecaton::chiplet {

DramPort::DramPort(NodeId die, std::vector<DramShare> shares, std::uint32_t burst_bytes)
    : die_(die), burst_bytes_(burst_bytes), shares_(std::move(shares)) {
  if (burst_bytes_ == 0) throw std::logic_error("DRAM bursts of 0 bytes");
  if (shares_.size() > 0xffff) throw std::logic_error("a die cannot use more than 65,535 IO dies");
  if (!shares_.empty()) turn_ = static_cast<std::uint32_t>(die_.value % shares_.size());
}

DramPort::Transfer& DramPort::add(const OperationRow& row, std::uint8_t slot) {
  if (shares_.empty())
    throw std::logic_error("die " + std::to_string(die_.value) + " has no IO die to ask for DRAM");
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

void DramPort::start_write(const OperationRow& row, std::uint8_t slot) {
  Transfer& transfer = add(row, slot);
  writes_out_of_.resize(shares_.size());
  transfer.unsent.resize(shares_.size());
  split_bytes(row.bytes, shares_, [&](std::size_t share, std::uint64_t bytes) {
    transfer.unsent[share] = bytes;
    transfer.missing += bursts_of(bytes);
  });
  transfer.bursts = transfer.missing;
  unsent_bytes_ += row.bytes;
}

DramPort::Transfer& DramPort::find(std::uint64_t tag) {
  const std::uint32_t id = tag_transfer(tag);
  const auto at =
      std::find_if(transfers_.begin(), transfers_.end(), [id](const Transfer& t) { return t.id == id; });
  if (at == transfers_.end() || at->missing == 0) {
    throw std::logic_error("die " + std::to_string(die_.value) +
                           " got a burst of a DRAM transfer it does not wait for");
  }
  return *at;
}

DramPort::Transfer* DramPort::next_write(std::size_t share) {
  const auto at = std::find_if(transfers_.begin(), transfers_.end(), [share](const Transfer& t) {
    return !t.unsent.empty() && t.unsent[share] > 0;
  });
  return at == transfers_.end() ? nullptr : &*at;
}

bool DramPort::note(const Message& message, SimTime now) {
  Transfer& transfer = find(message.tag);
  const bool acknowledges = tag_kind(message.tag) == MessageKind::write_done;
  if (acknowledges) {
    --writes_out_;
    --writes_out_of_.at(tag_share(message.tag));
  }
  const bool complete = --transfer.missing == 0;
  if (complete) {
    transfer.row.end_ps = now.ps;
    any_finished_ = true;
  }
  return complete || (acknowledges && unsent_bytes_ > 0);
}

bool DramPort::busy(std::uint8_t slot) const {
  return std::any_of(transfers_.begin(), transfers_.end(),
                     [slot](const Transfer& t) { return t.slot == slot; });
}

std::string DramPort::describe(std::uint8_t slot) const {
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
