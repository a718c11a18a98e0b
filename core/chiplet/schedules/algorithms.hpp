// The algorithms that exchange.cpp has a row for: how many steps each die takes, and one step of one die. What each does
// is said in exchange.hpp. Preconditions of all: at least two dies and a payload; step < steps; root < dies.
#pragma once

#include <cstdint>

#include "core/chiplet/schedules/exchange.hpp"

namespace hecaton::chiplet::algorithms {

// rings.cpp: all-gather, reduce-scatter and all-reduce, chunks whole or in parts
std::uint32_t ring_steps(const Op& op, const Places& places);
Exchange ring_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step);
// Of a leg: positions are those of the way round it goes.
Exchange around_ring(const Op& op, const RingPlace& ring, std::uint32_t step, bool backward);

// pipelines.cpp
std::uint32_t pipeline_steps(const Op& op, const Places& places);
Exchange pipeline_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step);
Exchange along_chain(const Op& op, const RingPlace& ring, std::uint32_t root, std::uint32_t step);

// tree.cpp
std::uint32_t tree_steps(const Op& op, const Places& places);
Exchange tree_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step);

// halving_doubling.cpp
std::uint32_t halving_steps(const Op& op, const Places& places);
Exchange halving_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step);

// swing.cpp
std::uint32_t swing_steps(const Op& op, const Places& places);
Exchange swing_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step);

// star.cpp
std::uint32_t star_steps(const Op& op, const Places& places);
Exchange star_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step);

// two_phase.cpp
std::uint32_t two_phase_steps(const Op& op, const Places& places);
Exchange two_phase_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step);

// rotation.cpp: all-to-all around rings; a lane for each order of the axes
std::uint32_t rotation_steps(const Op& op, const Places& places);
Exchange rotation_step(const Op& op, const Places& places, std::uint32_t step, std::uint32_t lane);

// direct.cpp: likewise
std::uint32_t direct_steps(const Op& op, const Places& places);
Exchange direct_step(const Op& op, const Places& places, std::uint32_t step, std::uint32_t lane);

}  // namespace hecaton::chiplet::algorithms
