// Operations of dies as packed columns (packed.hpp), a few characters each. What operations have in common (kind, stage,
// layer, mini-batch) is listed once and named by number.
//
// Columns of a die, those of labels and bytes shared by all dies that have the same: `label`, numbers of labels by their steps; `start_ps`, starts by the time since the last operation of the
// program ended (transfers beside the program are of no account there); `ps`, durations by what they differ from that of the
// die's last operation of that kind and stage; `bytes`, the place of the number in the list of those that operations of that
// kind and stage had, or the length of a full list and then the number; `last_from`, where messages are known, 0 or one more than
// the node whose message came last while the program was at the operation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/chiplet/program/records.hpp"
#include "io/page/arrivals.hpp"
#include "io/page/timeline.hpp"

namespace hecaton::io {

struct PackedDie {
  std::uint32_t die = 0;
  bool cut = false;  // as of DieDetail
  std::uint64_t rows = 0;
  std::size_t label = 0, bytes = 0;  // which of the shared columns
  std::string start_ps, ps, last_from;

  std::size_t size() const { return start_ps.size() + ps.size() + last_from.size(); }
};

class OperationPacker {
 public:
  struct Label {
    chiplet::OperationKind kind = chiplet::OperationKind::idle;
    chiplet::Stage stage = chiplet::Stage::none;
    std::int16_t layer = -1;
    std::int32_t minibatch = -1;
  };

  PackedDie pack(const DieDetail& die, const Arrivals& arrivals);
  const std::vector<Label>& labels() const { return labels_; }  // of all that was packed
  // Shared columns of all that was packed, by their numbers.
  std::vector<std::string> shared() const;

 private:
  std::size_t share(const std::string& column);
  std::int64_t number_of(const chiplet::OperationRow& row);

  std::map<std::tuple<chiplet::OperationKind, chiplet::Stage, std::int16_t, std::int32_t>, std::int64_t>
      numbers_;
  std::vector<Label> labels_;
  std::map<std::string, std::size_t> shared_;
};

// Takes every second die out until they have at most so many characters together, or only one is left.
void thin_out(std::vector<PackedDie>& dies, std::uint64_t most_characters);

}  // namespace hecaton::io
