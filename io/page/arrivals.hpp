// Whose message came last: of the messages of a trace, by the node that they went to and the time at which they were there.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "io/files/hdf5_file.hpp"

namespace hecaton::io {

class Arrivals {
 public:
  // None of a trace that holds no messages, or more of them than a report reads. Throws hdf5::Error.
  static Arrivals read(const hdf5::Handle& file);

  bool is_empty() const { return messages_.empty(); }

  // The source of the last message that reached a node after `from_ps` and until `to_ps`; nothing if none did.
  std::optional<std::uint32_t> last_source(std::uint32_t node, std::int64_t from_ps,
                                           std::int64_t to_ps) const;

 private:
  struct Message {
    std::uint32_t to = 0;
    std::uint32_t from = 0;
    std::int64_t arrived_ps = 0;
  };
  std::vector<Message> messages_;  // by `to`, then by time
};

}  // namespace hecaton::io
