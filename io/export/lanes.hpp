// The operations of a die as lanes, for viewers of timelines: no two operations of a lane overlap, so that slices which
// begin and end in turn show them. Each engine of a die has a lane, and more where its operations overlap, as transfers
// behind other work do.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "core/chiplet/program/records.hpp"
#include "core/engine/base/enum_names.hpp"

namespace hecaton::io {

enum class Engine : std::uint8_t { compute, vector, collectives, dram, waits };
constexpr auto enum_names(std::type_identity<Engine>) {
  using enum Engine;
  return named<Engine>({{compute, "compute"},
                        {vector, "vector"},
                        {collectives, "collectives"},
                        {dram, "DRAM"},
                        {waits, "waits"}});
}

Engine engine_of(chiplet::OperationKind kind);

struct Lane {
  Engine engine = Engine::compute;
  std::uint32_t number = 0;                   // of the lanes of this engine, from 0
  std::vector<chiplet::OperationRow> slices;  // by start; each starts at the end of the one before or later
};

// By engine and number; as few lanes as possible, none of them empty.
std::vector<Lane> lanes_of(std::vector<chiplet::OperationRow> rows);

// "die 12 DRAM 2": the first lane of an engine has no number.
std::string lane_name(std::uint32_t die, const Lane& lane);

// "matmul ffn-up"
std::string slice_name(chiplet::OperationKind kind, chiplet::Stage stage);

}  // namespace hecaton::io
