// The steady state allocates nothing: every allocation of this program is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "core/engine/engine.hpp"
#include "runs/phold/model.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t bytes) {
  ++allocations;
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) {
  return counted(bytes);
}
void* operator new[](std::size_t bytes) {
  return counted(bytes);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace hecaton::engine::allocation_test {
namespace {

struct Counts {
  std::uint64_t events = 0;
  std::uint64_t allocations = 0;
};

Counts run_until(std::int64_t nanoseconds) {
  phold::Config config;
  config.components = 256;
  config.events_per_component = 8;
  config.lookahead = from_nanoseconds(100);
  config.mean_delay = from_nanoseconds(900);
  config.until = SimTime{nanoseconds * 1000};
  const std::uint64_t before = allocations;
  phold::Model model(config, 1, 0);
  Alone alone;
  Engine<phold::Model, Alone> engine(model, alone);
  engine.run();
  return {engine.accounting().events, allocations - before};
}

TEST(Allocation, NothingIsAllocatedPerEvent) {
  const Counts brief = run_until(50'000);
  const Counts tenfold = run_until(500'000);
  EXPECT_GT(brief.events, 90'000u);
  EXPECT_GT(tenfold.events, 9 * brief.events);
  EXPECT_GT(brief.allocations, 0u);
  // Nine times as many events more, and a few allocations: a fuller day or month than ever before.
  EXPECT_LE(tenfold.allocations, brief.allocations + 16);
}

}  // namespace
}  // namespace hecaton::engine::allocation_test
