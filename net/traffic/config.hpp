// The synthetic traffic of a resolved configuration: plain values, as a deck gives them. Times are in cycles of
// a link, rates in flits per die and cycle.
#pragma once

#include <cstdint>
#include <string>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::net {

enum class TrafficPattern : std::uint8_t {
  uniform,
  transpose,
  bit_complement,
  bit_reverse,
  shuffle,
  tornado,
  neighbour,
  hotspot,
  permutation,
  trace  // packets of a file, see ReplayPacket
};
constexpr auto enum_names(std::type_identity<TrafficPattern>) {
  using enum TrafficPattern;
  return named<TrafficPattern>({{uniform, "uniform"},
                                {transpose, "transpose"},
                                {bit_complement, "bit-complement"},
                                {bit_reverse, "bit-reverse"},
                                {shuffle, "shuffle"},
                                {tornado, "tornado"},
                                {neighbour, "neighbour"},
                                {hotspot, "hotspot"},
                                {permutation, "permutation"},
                                {trace, "trace"}});
}

// bursty: on and off in turn; on for a random number of packets, off for a random time, neither with a
// memory.
enum class Injection : std::uint8_t { bernoulli, bursty };
constexpr auto enum_names(std::type_identity<Injection>) {
  using enum Injection;
  return named<Injection>({{bernoulli, "bernoulli"}, {bursty, "bursty"}});
}

// One line of a trace that is replayed.
struct ReplayPacket {
  std::int64_t time_ps = 0;
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint32_t bytes = 0;
  friend bool operator==(const ReplayPacket&, const ReplayPacket&) = default;
};

struct TrafficConfig {
  TrafficPattern pattern = TrafficPattern::uniform;
  double injection_rate = 0.1;  // flits per die and cycle
  Injection injection = Injection::bernoulli;
  double burst_packets = 8.0;  // bursty: packets of a burst, on average
  double burst_rate = 1.0;     // and flits per cycle while it lasts
  std::uint32_t packet_flits = 1;
  std::uint64_t warmup_cycles = 3000;
  std::uint64_t measure_cycles = 10000;
  std::uint64_t drain_cycles = 2000;  // injection goes on for so long after the measuring window
  std::uint64_t seed = 1;
  std::uint32_t hotspot_die = 0;  // pattern "hotspot": where every packet goes
  std::string trace_file;         // pattern "trace"
};

}  // namespace hecaton::net
