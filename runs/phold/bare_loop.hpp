// What the queue alone reaches: pop an event and push it again a random delay later, nothing else. The rate
// of an engine can be quoted as a share of it.
#pragma once

#include <chrono>
#include <vector>

#include "core/engine/queue/event_queue.hpp"
#include "runs/phold/model.hpp"

namespace hecaton::phold {

// Events per second of wall time, with as many pending as one of `ranks` ranks has of the configuration.
inline double bare_loop(const Config& config, std::uint32_t ranks, std::uint64_t pops) {
  constexpr std::size_t delays = std::size_t{1} << 16;
  const Exponential exponential(config.mean_delay);
  std::vector<SimDuration> delay;
  for (std::size_t i = 0; i < delays; ++i)
    delay.push_back(config.lookahead + exponential(random_u64(config.seed, RandomStream::phold, 0, i)));
  engine::EventQueue<Model::Payload> queue;
  const std::uint64_t pending = std::uint64_t{config.components} * config.events_per_component / ranks + 1;
  std::size_t drawn = 0;
  const auto next = [&] { return delay[drawn++ % delays]; };
  for (std::uint64_t i = 0; i < pending; ++i)
    queue.push({SimTime{} + next(),
                engine::Phase::arrival,
                NodeId{static_cast<std::uint32_t>(i % config.components)},
                NodeId{0},
                static_cast<std::uint32_t>(i),
                {}});
  const auto hold = [&](std::uint64_t times) {
    for (; times > 0; --times) {
      Model::EventType event = queue.pop();
      event.time += next();
      queue.push(event);
    }
  };
  hold(2 * pending);  // until the widths have settled
  const auto start = std::chrono::steady_clock::now();
  hold(pops);
  return static_cast<double>(pops) /
         std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace hecaton::phold
