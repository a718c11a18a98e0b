#include "io/page/packed_operations.hpp"

#include <algorithm>
#include <utility>

#include "io/page/packed.hpp"

namespace hecaton::io {

using chiplet::OperationKind;
using chiplet::OperationRow;

namespace {

bool lies_beside(OperationKind kind) {
  return kind == OperationKind::dram_read || kind == OperationKind::dram_write;
}

// One more than the node that a wait ended with; 0 where the program waits for nobody, or nothing came.
std::int64_t told_source(const OperationRow& row, const Arrivals& arrivals) {
  const auto activity = activity_of(row.kind);
  if (activity != Activity::nop && activity != Activity::dram) return 0;
  const auto source = arrivals.last_source(row.die, row.start_ps, row.end_ps);
  return source ? std::int64_t{*source} + 1 : 0;
}

// Numbers that were there before, the last one first.
class RecentNumbers {
 public:
  static constexpr std::size_t most = 14;  // places and the escape take one character each

  // Packs a number and moves it to the front.
  void pack(std::int64_t number, Packed& text) {
    auto place = std::find(numbers_.begin(), numbers_.end(), number);
    if (place == numbers_.end()) {
      text.add(most);
      text.add(number);
      if (numbers_.size() == most) numbers_.pop_back();
      place = numbers_.insert(numbers_.end(), number);
    } else {
      text.add(place - numbers_.begin());
    }
    std::rotate(numbers_.begin(), place, place + 1);
  }

 private:
  std::vector<std::int64_t> numbers_;
};

struct Last {
  std::int64_t ps = 0;
  RecentNumbers bytes;
};

}  // namespace

PackedDie OperationPacker::pack(const DieDetail& die, const Arrivals& arrivals) {
  PackedSteps label;
  Packed start, ps, bytes, last_from;
  std::map<std::pair<OperationKind, chiplet::Stage>, Last> all_last;
  std::int64_t end = 0;
  for (const OperationRow& row : die.rows) {
    Last& last = all_last[{row.kind, row.stage}];
    const std::int64_t duration = row.end_ps - row.start_ps;
    label.add(number_of(row));
    start.add(row.start_ps - end);
    ps.add(duration - std::exchange(last.ps, duration));
    last.bytes.pack(static_cast<std::int64_t>(row.bytes), bytes);
    if (!arrivals.is_empty()) last_from.add(told_source(row, arrivals));
    if (!lies_beside(row.kind)) end = row.end_ps;
  }
  return {die.die,      die.cut,   die.rows.size(), share(label.text()), share(bytes.text()),
          start.text(), ps.text(), last_from.text()};
}

std::size_t OperationPacker::share(const std::string& column) {
  return shared_.try_emplace(column, shared_.size()).first->second;
}

std::vector<std::string> OperationPacker::shared() const {
  std::vector<std::string> columns(shared_.size());
  for (const auto& [column, number] : shared_) columns[number] = column;
  return columns;
}

std::int64_t OperationPacker::number_of(const OperationRow& row) {
  const auto [place, is_new] = numbers_.try_emplace({row.kind, row.stage, row.layer, row.minibatch},
                                                    static_cast<std::int64_t>(numbers_.size()));
  if (is_new) labels_.push_back({row.kind, row.stage, row.layer, row.minibatch});
  return place->second;
}

void thin_out(std::vector<PackedDie>& dies, std::uint64_t most_characters) {
  const auto characters = [&] {
    std::uint64_t sum = 0;
    for (const PackedDie& die : dies) sum += die.size();
    return sum;
  };
  while (dies.size() > 1 && characters() > most_characters) {
    std::vector<PackedDie> kept;
    for (std::size_t i = 0; i < dies.size(); i += 2) kept.push_back(std::move(dies[i]));
    dies = std::move(kept);
  }
}

}  // namespace hecaton::io
