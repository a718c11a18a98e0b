// Ways to make a step fit into DRAM. Whether one helps is not guessed: the changed deck is planned.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/training/model/plan_error.hpp"
#include "io/deck/registry.hpp"
#include "io/deck/workloads/kind.hpp"
#include "runs/wiring/dram_room.hpp"

namespace hecaton::runs {

namespace {

struct Change {
  std::string_view table, key;
  io::Value value;
};
using Changes = std::vector<Change>;

std::int64_t whole_value(const io::Deck& deck, std::string_view table, std::string_view name) {
  const io::Key& key = *io::find_key(table, name);
  return std::get<std::int64_t>(key.get(deck, key));
}

class Trials {
 public:
  Trials(const io::Deck& deck, std::uint64_t capacity) : deck_(deck), capacity_(capacity) {}

  // Whether the deck with these changes can be planned and fits; if it does, it is a remedy.
  bool helps(const Changes& changes) {
    const std::optional<DramRoom> room = planned(changes);
    if (!room || room->fullest_channel > capacity_) return false;
    Remedy remedy{{}, room->fullest_channel};
    for (const Change& c : changes)
      remedy.text += fmt::format("{}{}.{} = {}", remedy.text.empty() ? "" : " and ", c.table, c.key,
                                 io::to_toml(c.value));
    found_.push_back(std::move(remedy));
    return true;
  }
  // None: what is asked for is there already, or can not be planned.
  std::optional<DramRoom> planned(const Changes& changes) const {
    io::Deck changed = deck_;
    bool differs = false;
    for (const Change& c : changes) {
      const io::Key& key = *io::find_key(c.table, c.key);
      differs = differs || key.get(changed, key) != c.value;
      key.set(changed, key, c.value);
    }
    if (!differs) return std::nullopt;
    try {
      return dram_room(Workload(changed));
    } catch (const training::PlanError&) {
      return std::nullopt;
    }
  }
  std::vector<Remedy> take() { return std::move(found_); }

 private:
  const io::Deck& deck_;
  std::uint64_t capacity_;
  std::vector<Remedy> found_;
};

Changes operator+(Changes some, const Changes& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

// With the mini-batch that the deck gives; if what a layer computes again has no room on the dies then, with
// one that is chosen to have it. None: neither can be planned, or layers are computed again already.
Changes recomputation(const Trials& trials, const io::Deck& deck) {
  const io::Key& key = *io::find_key("training", "recompute");
  if (key.get(deck, key) == io::Value{true}) return {};
  Changes again = {{"training", "recompute", true}};
  if (trials.planned(again)) return again;
  const Changes chosen = again + Changes{{"training", "minibatch_tokens", std::int64_t{0}}};
  return trials.planned(chosen) ? chosen : Changes{};
}

// The largest part of the batch that fits.
void try_smaller_batches(Trials& trials, const io::Deck& deck, const Changes& changes) {
  const std::int64_t batch = whole_value(deck, "training", "batch_sequences");
  for (std::int64_t parts = 2; parts <= batch; ++parts) {
    if (batch % parts != 0) continue;
    if (trials.helps(changes + Changes{{"training", "batch_sequences", batch / parts}})) return;
  }
}

// As many channels as the bytes need; a few more where they do not divide evenly.
void try_more_channels(Trials& trials, std::uint64_t bytes, std::uint64_t capacity, const Changes& changes) {
  constexpr int attempts = 4;
  const auto most =
      static_cast<std::uint64_t>(std::get<io::IntegerType>(io::find_key("memory", "channels")->type).most);
  std::uint64_t channels = (bytes + capacity - 1) / capacity;
  for (int i = 0; i < attempts && channels <= most; ++i) {
    if (trials.helps(changes + Changes{{"memory", "channels", static_cast<std::int64_t>(channels)}})) return;
    channels += std::max<std::uint64_t>(1, channels / 64);
  }
}

}  // namespace

std::vector<Remedy> remedies(const io::Deck& deck, std::uint64_t capacity) {
  const std::optional<DramRoom> now = dram_room(Workload(deck));
  if (!now || capacity == 0) return {};
  Trials trials(deck, capacity);
  const Changes sgd = {{"training", "optimizer", std::string("sgd")}};
  const Changes again = recomputation(trials, deck);
  const bool recomputing = trials.helps(again), with_sgd = trials.helps(sgd);
  if (!recomputing && !with_sgd && !again.empty()) trials.helps(again + sgd);
  try_smaller_batches(trials, deck, {});
  try_more_channels(trials, now->package.total(), capacity, {});
  if (recomputing || again.empty()) return trials.take();
  try_smaller_batches(trials, deck, again);
  try_more_channels(trials, trials.planned(again)->package.total(), capacity, again);
  return trials.take();
}

}  // namespace hecaton::runs
