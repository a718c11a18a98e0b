// Message tags between dies: what a tag says to the two ends of a message. The network only carries it. A tag
// is unique among the messages that are in flight from one die to another.
//
//   kind (3 bits) | ring (2) | lane (2) | sequence (33) | step (24)   a chunk of a collective
//   kind (3 bits) | transfer (13) | bytes (48)                read request: how much to send back
//   kind (3 bits) | transfer (13) | burst (48)                data read
//   kind (3 bits) | transfer (13) | share (16) | burst (32)   data to write, and its acknowledgement
//   kind (3 bits) | lane (2) | group (14) | sequence (21) | step (24)   a chunk of a collective of a graph
//   kind (3 bits) | tag (32) | order (29)                     a message of a graph from one die to another
//
// `ring` is the group of dies of the collective. `sequence` counts the collectives that a die has begun on
// that group, so all dies of the group agree on it; `step` counts in the lane (lanes.hpp). `transfer` numbers the DRAM transfers of a die, `share`
// its IO dies. In graphs (core/chiplet/graph) `group` numbers the communicators, `tag` is the trace's own, and `order`
// counts the messages of that tag between the two dies.
#pragma once

#include <cstdint>

#include "core/chiplet/program/program.hpp"

namespace hecaton::chiplet {

enum class MessageKind : std::uint8_t {
  collective_chunk,
  read_request,
  read_data,
  write_data,
  write_done,
  group_chunk,
  point_to_point
};

inline constexpr std::uint32_t control_bytes = 16;  // a read request or an acknowledgement on the network
inline constexpr std::uint32_t transfer_ids = 1U << 13;
inline constexpr std::uint64_t max_transfer_bytes = (std::uint64_t{1} << 48) - 1;

constexpr std::uint64_t kind_bits(MessageKind kind) {
  return static_cast<std::uint64_t>(kind) << 61;
}
constexpr MessageKind tag_kind(std::uint64_t tag) {
  return static_cast<MessageKind>(tag >> 61);
}

constexpr std::uint64_t collective_tag(Ring ring, std::uint64_t sequence, std::uint32_t step,
                                       std::uint32_t lane = 0) {
  const std::uint64_t low33 = sequence & ((std::uint64_t{1} << 33) - 1);
  return kind_bits(MessageKind::collective_chunk) | static_cast<std::uint64_t>(ring) << 59 |
         std::uint64_t{lane} << 57 | low33 << 24 | step;
}
static_assert(most_lanes <= 1U << 2);

inline constexpr std::uint32_t most_groups = 1U << 14;  // communicators of a graph

constexpr std::uint64_t group_tag(std::uint32_t group, std::uint64_t sequence, std::uint32_t step,
                                  std::uint32_t lane) {
  const std::uint64_t low21 = sequence & ((std::uint64_t{1} << 21) - 1);
  return kind_bits(MessageKind::group_chunk) | std::uint64_t{lane} << 59 | std::uint64_t{group} << 45 |
         low21 << 24 | step;
}
constexpr std::uint64_t point_to_point_tag(std::uint32_t tag, std::uint64_t order) {
  return kind_bits(MessageKind::point_to_point) | std::uint64_t{tag} << 29 |
         (order & ((std::uint64_t{1} << 29) - 1));
}

// `detail`: the last 48 bits, whatever the kind has there.
constexpr std::uint64_t transfer_tag(MessageKind kind, std::uint32_t transfer, std::uint64_t detail) {
  return kind_bits(kind) | static_cast<std::uint64_t>(transfer) << 48 | detail;
}
constexpr std::uint64_t write_tag(std::uint32_t transfer, std::uint32_t share, std::uint64_t burst) {
  return transfer_tag(MessageKind::write_data, transfer,
                      static_cast<std::uint64_t>(share) << 32 | (burst & 0xffffffffU));
}
constexpr std::uint32_t tag_transfer(std::uint64_t tag) {
  return static_cast<std::uint32_t>(tag >> 48) & (transfer_ids - 1);
}
constexpr std::uint64_t tag_detail(std::uint64_t tag) {
  return tag & max_transfer_bytes;
}
constexpr std::uint32_t tag_share(std::uint64_t tag) {
  return static_cast<std::uint32_t>(tag_detail(tag) >> 32);
}

}  // namespace hecaton::chiplet
