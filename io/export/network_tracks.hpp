// What a timeline shows of the network: how long links and DRAM channels were busy, as counters; messages, as two ends
// that belong together.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "io/export/filter.hpp"
#include "io/export/trace_reader.hpp"

namespace hecaton::io {

// Groups of tracks beside those of the dies, in this order.
enum class NetworkGroup : std::uint8_t { links, channels, messages };
constexpr auto enum_names(std::type_identity<NetworkGroup>) {
  using enum NetworkGroup;
  return named<NetworkGroup>({{links, "links"}, {channels, "DRAM channels"}, {messages, "messages"}});
}

// From this time on, until the next sample.
struct CounterSample {
  std::int64_t time_ps = 0;
  std::uint64_t busy_ps = 0;  // in a bin of time
};
// Samples are of bins, one behind the other, and of the end of the last one. Where a bin is like the one before it, it
// has none.
struct CounterTrack {
  NetworkGroup group = NetworkGroup::links;
  std::string name;  // "link 3 to 4", "channel 1 of IO die 20"
  std::int64_t bin_ps = 0;
  std::vector<CounterSample> samples;
};
// Links with an end at a die that is kept, and then DRAM channels, of the bins that lie in the time. Of a trace without
// bins: none.
void for_each_counter(const OpenTrace& trace, const ExportFilter& filter,
                      const std::function<void(const CounterTrack&)>& visit);

// A message leaves, or arrives.
struct MessageEnd {
  std::int64_t time_ps = 0;
  std::uint64_t number = 0;  // of the message, from 1: both ends have it
  bool arrives = false;
  MessageRow message;
};
struct MessageTrack {
  std::string name;              // "die 3", "IO die 20"
  std::vector<MessageEnd> ends;  // by time
};
// Of messages with an end at a die that is kept; each has both ends. Nodes by their number, none without messages.
std::vector<MessageTrack> message_tracks(const OpenTrace& trace, const ExportFilter& filter);

}  // namespace hecaton::io
