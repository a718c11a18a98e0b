// Token tiles: a stage works on a mini-batch in tiles, so many tokens at a time that its working set fits
// into the activation buffer beside what stays there. Sizes in bytes where no unit is named.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace hecaton::training {

// The smallest divisor of `number` that is at least `bound`; 0 if bound > number. number > 0.
constexpr std::uint64_t divisor_at_least(std::uint64_t number, std::uint64_t bound) {
  if (bound > number) return 0;
  std::uint64_t best = number;
  for (std::uint64_t i = 1; i * i <= number; ++i) {
    if (number % i != 0) continue;
    if (i >= bound) return std::min(best, i);
    if (number / i >= bound) best = std::min(best, number / i);
  }
  return best;
}

// The largest divisor of `number` that is at most `bound`. number > 0, bound > 0.
constexpr std::uint64_t divisor_at_most(std::uint64_t number, std::uint64_t bound) {
  return number / divisor_at_least(number, (number + bound - 1) / bound);
}

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}

// A chunk of a ring is one message, and a message has a 32-bit length; no tile is larger than that.
inline constexpr std::uint64_t largest_tile_bytes = std::numeric_limits<std::uint32_t>::max();

// The working set of a stage: `resident` bytes stay for the whole mini-batch, and a tile takes `unit_bytes`
// for each `unit_tokens` tokens in it. The number of tiles divides `parts`.
struct Tiling {
  std::uint64_t tokens = 0;
  std::uint64_t parts = 1;
  std::uint64_t resident = 0;
  std::uint64_t unit_tokens = 1;
  std::uint64_t unit_bytes = 0;

  constexpr std::uint64_t bytes(std::uint64_t tiles) const {
    return resident + tokens / tiles / unit_tokens * unit_bytes;
  }
  // The fewest tiles that fit into `available` bytes; 0 if none do.
  constexpr std::uint64_t fewest(std::uint64_t available) const {
    if (available < resident) return 0;
    const std::uint64_t room = std::min(available - resident, largest_tile_bytes);
    const std::uint64_t units = unit_bytes == 0 ? tokens : room / unit_bytes;
    return units == 0 ? 0 : divisor_at_least(parts, ceil_div(tokens, units * unit_tokens));
  }
};

// A part of a mini-batch's work, done token tile by token tile.
struct TiledStage {
  const char* name = "";  // short, for tables
  const char* text = "";  // for errors
  Tiling tiling;          // its working set
  std::uint64_t tiles = 1;
};

// Gives each stage of `fit` the fewest tiles that fit into `capacity` bytes, and `fit` the peak of them all;
// false if a stage fits with none.
template <class Fit>
bool choose_tiles(Fit& fit, std::uint64_t capacity) {
  bool fits = true;
  fit.for_each_stage([&](TiledStage& stage) {
    stage.tiles = stage.tiling.fewest(capacity);
    if (stage.tiles == 0) {
      fits = false;
      return;
    }
    fit.peak = std::max(fit.peak, stage.tiling.bytes(stage.tiles));
  });
  return fits;
}

}  // namespace hecaton::training
