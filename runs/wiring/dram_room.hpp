// Whether what a step keeps in DRAM fits into the channels. A die's data lie where its transfers go: spread
// over the IO dies that serve it in proportion to its shares, and there evenly over the channels.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/training/plan/footprint.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

struct DramRoom {
  training::Footprint package;        // bytes
  std::uint64_t channels = 0;         // of the whole package
  std::uint64_t fullest_channel = 0;  // bytes in the channel that holds most
};

// None: the workload keeps nothing in DRAM. Throws training::PlanError where 64 bits do not count it.
std::optional<DramRoom> dram_room(const Workload& workload);

std::uint64_t bytes_of_GiB(double gibibytes);
std::string text_of_GiB(std::uint64_t bytes);  // "12.34 GiB"

// Throws training::PlanError for memory.capacity_GiB if that is given and too small.
void require_dram_room(const Workload& workload, const std::optional<DramRoom>& room);

// What would make the step fit into channels of so many bytes, as a deck writes it, and how full the fullest
// channel would be. Each was planned, and fits; none: nothing that this knows of helps.
struct Remedy {
  std::string text;
  std::uint64_t fullest_channel = 0;
};
std::vector<Remedy> remedies(const io::Deck& deck, std::uint64_t capacity);
std::string text_of(const std::vector<Remedy>& remedies);

}  // namespace hecaton::runs
