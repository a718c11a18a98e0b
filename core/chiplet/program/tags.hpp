// The meaning of Message::tag between dies. A tag names a message for its receiver: unique per pair of ends
// while it is in flight.
//
//   kind (3 bits) | ring (2) | sequence (35) | step (24)      a chunk of a collective
//   kind (3 bits) | transfer (13) | bytes (48)                read request: how much to send back
//   kind (3 bits) | transfer (13) | burst (48)                data read
//   kind (3 bits) | transfer (13) | share (16) | burst (32)   data to write, and its acknowledgement
//
// `sequence` counts a die's collectives per ring, so neighbours agree on it; `transfer` numbers a die's DRAM
// transfers.
#pragma once

#include <cstdint>

#include "core/chiplet/program/program.hpp"

namespace hecaton::chiplet {

enum class MessageKind : std::uint8_t { ring_chunk, read_request, read_data, write_data, write_done };

inline constexpr std::uint32_t control_bytes = 16;  // a read request or an acknowledgement on the network
inline constexpr std::uint32_t transfer_ids = 1U << 13;
inline constexpr std::uint64_t max_transfer_bytes = (std::uint64_t{1} << 48) - 1;

constexpr std::uint64_t tag_head(MessageKind kind) {
  return static_cast<std::uint64_t>(kind) << 61;
}
constexpr MessageKind tag_kind(std::uint64_t tag) {
  return static_cast<MessageKind>(tag >> 61);
}

constexpr std::uint64_t ring_tag(Ring ring, std::uint64_t sequence, std::uint32_t step) {
  const std::uint64_t low35 = sequence & ((std::uint64_t{1} << 35) - 1);
  return tag_head(MessageKind::ring_chunk) | static_cast<std::uint64_t>(ring) << 59 | low35 << 24 | step;
}

constexpr std::uint64_t transfer_tag(MessageKind kind, std::uint32_t transfer, std::uint64_t low48) {
  return tag_head(kind) | static_cast<std::uint64_t>(transfer) << 48 | low48;
}
constexpr std::uint32_t tag_transfer(std::uint64_t tag) {
  return static_cast<std::uint32_t>(tag >> 48) & (transfer_ids - 1);
}
constexpr std::uint64_t tag_low48(std::uint64_t tag) {
  return tag & max_transfer_bytes;
}
constexpr std::uint32_t tag_share(std::uint64_t tag) {
  return static_cast<std::uint32_t>(tag_low48(tag) >> 32);
}

}  // namespace hecaton::chiplet
