// A count over the whole package, which may be more than 64 bits hold: a whole number while it fits, beyond that
// as near to it as a double is. So it stands in the JSON of a summary and in tables.
#pragma once

#include <cstdint>
#include <limits>

#include "core/chiplet/hardware/rate.hpp"

namespace hecaton::io {

using chiplet::Wide;

class LargeCount {
 public:
  constexpr LargeCount() = default;
  constexpr LargeCount(Wide count)
      : whole_(count <= most ? static_cast<std::uint64_t>(count) : 0),
        beyond_(count <= most ? 0 : static_cast<double>(count)) {}
  // Precondition: more than 64 bits hold.
  static constexpr LargeCount beyond(double number) {
    LargeCount count;
    count.beyond_ = number;
    return count;
  }

  constexpr bool is_whole() const { return beyond_ == 0; }
  constexpr std::uint64_t whole() const { return whole_; }  // precondition: is_whole()
  constexpr double number() const { return is_whole() ? static_cast<double>(whole_) : beyond_; }
  friend constexpr bool operator==(const LargeCount&, const LargeCount&) = default;

 private:
  static constexpr Wide most = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t whole_ = 0;
  double beyond_ = 0;
};

}  // namespace hecaton::io
