#include "net/traffic.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <stdexcept>

#include "core/engine/random.hpp"

namespace hecaton::net {

namespace {

constexpr std::size_t table_size = 4096;

std::vector<std::uint64_t> survival_table(double probability) {
  std::vector<std::uint64_t> table;
  if (probability <= 0.0 || probability >= 1.0) return table;
  const auto fail = ~static_cast<std::uint64_t>(probability * 18446744073709551616.0);
  std::uint64_t survival = fail;
  for (std::size_t k = 0; k < table_size; ++k) {
    table.push_back(survival);
    survival = static_cast<std::uint64_t>((static_cast<unsigned __int128>(survival) * fail) >> 64);
  }
  return table;
}

std::vector<std::uint32_t> random_permutation(std::uint32_t count, std::uint64_t seed) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (std::uint32_t i = count; i > 1; --i)
    std::swap(order[i - 1], order[scaled(random_u64(seed, RandomStream::permutation, 0, i), i)]);
  return order;
}

void require(bool holds, const char* why) {
  if (!holds) throw std::invalid_argument(why);
}

}  // namespace

Traffic::Traffic(const TrafficConfig& config, std::uint32_t rows, std::uint32_t columns)
    : config_(config),
      rows_(rows),
      columns_(columns),
      survival_(survival_table(config.injection_rate / config.packet_flits)) {
  const std::uint32_t dies = rows * columns;
  switch (config.pattern) {
    case TrafficPattern::transpose:
      require(rows == columns, "transpose needs as many rows as columns");
      break;
    case TrafficPattern::bit_reverse:
    case TrafficPattern::shuffle:
      require(std::has_single_bit(dies),
              "bit-reverse and shuffle need a number of dies that is a power of two");
      break;
    case TrafficPattern::hotspot:
      require(config.hotspot_die < dies, "the hotspot die is not on the package");
      break;
    case TrafficPattern::permutation:
      permutation_ = random_permutation(dies, config.seed);
      break;
    default:
      break;
  }
}

std::int64_t Traffic::next_cycle(NodeId die, std::int64_t cycle, std::uint64_t draw) const {
  if (config_.injection_rate <= 0.0) return -1;
  if (survival_.empty()) return cycle + 1;
  // A draw beyond the table starts again there: the distribution has no memory.
  for (std::uint64_t attempt = 0;; ++attempt) {
    const std::uint64_t u =
        random_u64(config_.seed, RandomStream::injection, die.value, draw + (attempt << 48));
    const auto first_not_above =
        std::partition_point(survival_.begin(), survival_.end(), [u](std::uint64_t s) { return u < s; });
    const auto gap = first_not_above - survival_.begin() + 1;
    if (first_not_above != survival_.end()) return cycle + gap;
    cycle += static_cast<std::int64_t>(table_size);
  }
}

std::uint32_t Traffic::mapped(std::uint32_t x, std::uint32_t y) const {
  const std::uint32_t node = y * columns_ + x;
  const auto bits = static_cast<std::uint32_t>(std::bit_width(rows_ * columns_) - 1);
  switch (config_.pattern) {
    case TrafficPattern::transpose:
      return x * columns_ + y;
    case TrafficPattern::bit_complement:
      return (rows_ - 1 - y) * columns_ + (columns_ - 1 - x);
    case TrafficPattern::bit_reverse: {
      std::uint32_t reversed = 0;
      for (std::uint32_t b = 0; b < bits; ++b) reversed |= (node >> b & 1u) << (bits - 1 - b);
      return reversed;
    }
    case TrafficPattern::shuffle:
      return bits == 0 ? node : ((node << 1) | (node >> (bits - 1))) & (rows_ * columns_ - 1);
    case TrafficPattern::tornado:
      return (y + (rows_ + 1) / 2 - 1) % rows_ * columns_ + (x + (columns_ + 1) / 2 - 1) % columns_;
    case TrafficPattern::neighbour:
      return (y + 1) % rows_ * columns_ + (x + 1) % columns_;
    case TrafficPattern::hotspot:
      return config_.hotspot_die;
    case TrafficPattern::permutation:
      return permutation_[node];
    case TrafficPattern::uniform:
      break;
  }
  return node;
}

NodeId Traffic::destination(NodeId die, std::uint64_t draw) const {
  if (config_.pattern == TrafficPattern::uniform)
    return NodeId{static_cast<std::uint32_t>(
        scaled(random_u64(config_.seed, RandomStream::destination, die.value, draw), rows_ * columns_))};
  return NodeId{mapped(die.value % columns_, die.value / columns_)};
}

}  // namespace hecaton::net
