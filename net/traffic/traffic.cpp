#include "net/traffic/traffic.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <stdexcept>
#include <tuple>

#include "core/engine/base/splitmix64.hpp"

namespace hecaton::net {

namespace {

constexpr std::size_t table_size = 4096;

// 2^64 times a probability below 1; of 1 and more, the largest number.
std::uint64_t of_64_bits(double probability) {
  constexpr double all = 18446744073709551616.0;
  return probability < 1.0 ? static_cast<std::uint64_t>(probability * all) : ~std::uint64_t{0};
}

std::vector<std::uint64_t> survival_table(double probability) {
  std::vector<std::uint64_t> table;
  if (probability >= 1.0) return table;
  const auto fail = ~of_64_bits(probability);
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

Traffic::Traffic(const TrafficConfig& config, std::uint32_t rows, std::uint32_t columns,
                 std::vector<ReplayPacket> replay)
    : config_(config), grid_{rows, columns}, replay_(std::move(replay)) {
  const bool bursty = config.injection == Injection::bursty && config.injection_rate < config.burst_rate;
  survival_ = survival_table((bursty ? config.burst_rate : config.injection_rate) / config.packet_flits);
  if (bursty && config.injection_rate > 0.0) {
    const double pause_cycles =
        config.burst_packets * config.packet_flits * (1.0 / config.injection_rate - 1.0 / config.burst_rate);
    pause_ = survival_table(1.0 / (1.0 + pause_cycles));
    burst_ends_ = of_64_bits(1.0 / config.burst_packets);
  }
  const std::uint32_t dies = grid_.dies();
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
    case TrafficPattern::trace:
      std::stable_sort(replay_.begin(), replay_.end(), [](const ReplayPacket& a, const ReplayPacket& b) {
        return std::tie(a.source, a.time_ps) < std::tie(b.source, b.time_ps);
      });
      for (std::uint32_t die = 0; die <= dies; ++die)
        replay_from_.push_back(static_cast<std::size_t>(
            std::partition_point(replay_.begin(), replay_.end(),
                                 [die](const ReplayPacket& packet) { return packet.source < die; }) -
            replay_.begin()));
      break;
    default:
      break;
  }
}

std::int64_t Traffic::next_cycle(NodeId die, std::int64_t cycle, std::uint64_t draw) const {
  if (config_.injection_rate <= 0.0) return -1;
  cycle += geometric(survival_, RandomStream::injection, die, draw);
  const bool pauses =
      !pause_.empty() && random_u64(config_.seed, RandomStream::burst, die.value, draw) <= burst_ends_;
  return pauses ? cycle + geometric(pause_, RandomStream::pause, die, draw) - 1 : cycle;
}

// Trials until the first success, that one counted.
std::int64_t Traffic::geometric(const std::vector<std::uint64_t>& survival, RandomStream stream, NodeId die,
                                std::uint64_t draw) const {
  if (survival.empty()) return 1;
  // A draw beyond the table starts again there: the distribution has no memory. Nobody asks for what comes after the
  // end of injection. An attempt has 16 bits of the counter, so those after 65,536 change the seed: no period.
  std::int64_t trials = 0;
  for (std::uint64_t attempt = 0; trials <= inject_until(); ++attempt) {
    const std::uint64_t seed = config_.seed + (attempt >> 16) * splitmix64_increment;
    const std::uint64_t u = random_u64(seed, stream, die.value, draw + (attempt << 48));
    if (u < survival.back()) {
      trials += static_cast<std::int64_t>(table_size);
      continue;
    }
    const auto first_not_above =
        std::partition_point(survival.begin(), survival.end(), [u](std::uint64_t s) { return u < s; });
    return trials + (first_not_above - survival.begin()) + 1;
  }
  return trials + 1;
}

SimTime Traffic::next_time(NodeId die, std::int64_t cycle, std::uint64_t draw, SimDuration cycle_time) const {
  if (replays()) {
    const auto packets = replay_of(die);
    return draw < packets.size() ? SimTime{packets[draw].time_ps} : SimTime::never();
  }
  const std::int64_t next = next_cycle(die, cycle, draw);
  return next < inject_until() ? SimTime{} + next * cycle_time : SimTime::never();
}

std::uint32_t Traffic::bytes(NodeId die, std::uint64_t draw, std::uint32_t flit_bytes) const {
  return replays() ? replay_of(die)[draw].bytes : config_.packet_flits * flit_bytes;
}

std::span<const ReplayPacket> Traffic::replay_of(NodeId die) const {
  return std::span(replay_).subspan(replay_from_[die.value],
                                    replay_from_[die.value + 1] - replay_from_[die.value]);
}

std::uint32_t Traffic::mapped(std::uint32_t die) const {
  const auto [rows, columns] = grid_;
  const std::uint32_t x = grid_.x(die), y = grid_.y(die);
  const auto bits = static_cast<std::uint32_t>(std::bit_width(grid_.dies()) - 1);
  switch (config_.pattern) {
    case TrafficPattern::transpose:
      return grid_.at(y, x);
    case TrafficPattern::bit_complement:
      return grid_.at(columns - 1 - x, rows - 1 - y);
    case TrafficPattern::bit_reverse: {
      std::uint32_t reversed = 0;
      for (std::uint32_t b = 0; b < bits; ++b) reversed |= (die >> b & 1u) << (bits - 1 - b);
      return reversed;
    }
    case TrafficPattern::shuffle:
      return bits == 0 ? die : ((die << 1) | (die >> (bits - 1))) & (grid_.dies() - 1);
    case TrafficPattern::tornado:
      return grid_.at((x + (columns + 1) / 2 - 1) % columns, (y + (rows + 1) / 2 - 1) % rows);
    case TrafficPattern::neighbour:
      return grid_.at((x + 1) % columns, (y + 1) % rows);
    case TrafficPattern::hotspot:
      return config_.hotspot_die;
    case TrafficPattern::permutation:
      return permutation_[die];
    case TrafficPattern::uniform:
    case TrafficPattern::trace:
      break;
  }
  return die;
}

NodeId Traffic::destination(NodeId die, std::uint64_t draw) const {
  if (replays()) return NodeId{replay_of(die)[draw].destination};
  if (config_.pattern == TrafficPattern::uniform)
    return NodeId{static_cast<std::uint32_t>(
        scaled(random_u64(config_.seed, RandomStream::destination, die.value, draw), grid_.dies()))};
  return NodeId{mapped(die.value)};
}

}  // namespace hecaton::net
