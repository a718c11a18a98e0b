// Where the operations of all dies spent their time: rows, picoseconds, bytes and multiply-accumulates by pass, stage, kind and layer. Exact sums.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>

#include "core/chiplet/program/passes.hpp"
#include "core/chiplet/program/records.hpp"

namespace hecaton::io {

class TimeSpent {
 public:
  struct On {
    chiplet::Pass pass = chiplet::Pass::whole;
    chiplet::Stage stage = chiplet::Stage::none;
    chiplet::OperationKind kind = chiplet::OperationKind::idle;
    std::int16_t layer = -1;  // -1: outside the layers
    friend constexpr auto operator<=>(const On&, const On&) = default;
  };
  struct Cell {
    std::uint64_t rows = 0;
    std::uint64_t ps = 0;
    std::uint64_t bytes = 0;
    std::uint64_t macs = 0;
  };

  void add(std::span<const chiplet::OperationRow> rows_of_a_die);

  // Of what there are rows, in order.
  std::map<On, Cell> cells() const;

 private:
  struct Hash {
    std::size_t operator()(const On& on) const {
      return static_cast<std::size_t>(on.pass) | static_cast<std::size_t>(on.stage) << 8U |
             static_cast<std::size_t>(on.kind) << 16U |
             static_cast<std::size_t>(static_cast<std::uint16_t>(on.layer)) << 24U;
    }
  };
  std::unordered_map<On, Cell, Hash> cells_;
};

}  // namespace hecaton::io
