// The window of a graph: what may begin and when, in whatever order nodes come, and its state in an archive.
#include "core/chiplet/graph/window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>
#include <vector>

namespace hecaton::test::window_test {
namespace {

using chiplet::graph::GraphError;
using chiplet::graph::IdIntervals;
using chiplet::graph::Node;
using chiplet::graph::Window;
using Numbers = std::vector<std::uint64_t>;

Node node(std::uint64_t id, std::vector<std::uint64_t> after = {}) {
  Node made;
  made.id = id;
  made.after = std::move(after);
  return made;
}

// Keeps values as they are: enough for what a window hands to an archive.
template <bool Loading>
struct MemoryArchive {
  using is_loading = std::bool_constant<Loading>;
  std::tuple<std::uint32_t, std::uint64_t, Numbers, Numbers, std::vector<Node>, std::vector<std::uint8_t>>
      held;
  template <class... Values>
  void operator()(Values&... values) {
    if constexpr (Loading) {
      std::tie(values...) = held;
    } else {
      held = std::tie(values...);
    }
  }
};
Window restored(Window& window) {
  MemoryArchive<false> saved;
  window.serialize(saved);
  MemoryArchive<true> loading{saved.held};
  Window loaded(1);
  loaded.serialize(loading);
  MemoryArchive<false> again;
  loaded.serialize(again);
  EXPECT_EQ(again.held, saved.held);
  return loaded;
}

TEST(IdIntervals, JoinWhatFollows) {
  IdIntervals ids;
  const std::uint64_t last = 0xffffffffffffffff;
  for (const std::uint64_t id : {std::uint64_t{5}, std::uint64_t{3}, last, std::uint64_t{4}, std::uint64_t{4},
                                 std::uint64_t{0}, last - 1})
    ids.insert(id);
  EXPECT_EQ(ids.flat(), (Numbers{0, 0, 3, 5, last - 1, last}));
  for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{5}, last})
    EXPECT_TRUE(ids.contains(id));
  for (const std::uint64_t id : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{6}, last - 2})
    EXPECT_FALSE(ids.contains(id));
  for (std::uint64_t id = 1'000'000; id > 10; --id) ids.insert(id);
  EXPECT_EQ(ids.intervals(), 4U);
  IdIntervals other;
  EXPECT_TRUE(other.assign(ids.flat()));
  EXPECT_EQ(other.flat(), ids.flat());
  for (const Numbers& wrong :
       {Numbers{1}, Numbers{2, 1}, Numbers{0, 3, 4, 5}, Numbers{4, 5, 0, 1}, Numbers{0, last, 0, 1}})
    EXPECT_FALSE(other.assign(wrong));
}

TEST(IdIntervals, AgreeWithASet) {
  std::mt19937 random(1);
  IdIntervals ids;
  std::set<std::uint64_t> expected;
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t id = random() % 4000;
    ids.insert(id);
    expected.insert(id);
  }
  for (std::uint64_t id = 0; id < 4001; ++id) ASSERT_EQ(ids.contains(id), expected.contains(id));
}

TEST(Window, GivesOutWhatMayBeginOnce) {
  Window window(4);
  window.add(node(10, {30}));
  window.add(node(20));
  window.add(node(30, {20}));
  EXPECT_EQ(window.take_ready(), Numbers{1});
  EXPECT_TRUE(window.take_ready().empty());
  window.finish(1);
  window.add(node(40, {20}));
  EXPECT_EQ(window.take_ready(), (Numbers{2, 3}));
  window.finish(3);
  EXPECT_TRUE(window.take_ready().empty());
  EXPECT_EQ(window.node(0).id, 10U);
  window.finish(2);
  EXPECT_EQ(window.take_ready(), Numbers{0});
  window.finish(0);
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.added(), 4U);
  for (const std::uint64_t id : {10, 20, 30, 40}) EXPECT_TRUE(window.knows(id));
  EXPECT_FALSE(window.knows(50));
}

TEST(Window, RefusesWhatIsNoGraph) {
  Window window(2);
  window.add(node(1, {2}));
  EXPECT_FALSE(window.knows(2));
  EXPECT_THROW(window.add(node(1)), GraphError);
  window.add(node(2));
  EXPECT_TRUE(window.full());
  EXPECT_THROW(window.add(node(3)), GraphError);
  EXPECT_THROW(window.finish(1), GraphError);  // nobody has taken it
  EXPECT_EQ(window.take_ready(), Numbers{1});
  window.finish(1);
  EXPECT_THROW(window.finish(1), GraphError);
  EXPECT_THROW(window.node(1), GraphError);
  EXPECT_THROW(window.add(node(2)), GraphError);
}

// Random graphs, in random order, finished in random order, with and without archives between.
TEST(Window, FinishesEveryGraph) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    std::vector<Node> nodes;
    for (std::uint64_t id = 0; id < 300; ++id) {
      std::vector<std::uint64_t> after;
      for (std::uint64_t k = 0; k < 3 && id > 0; ++k) after.push_back(random() % id * 7);
      nodes.push_back(node(id * 7, after));
    }
    std::shuffle(nodes.begin(), nodes.end(), random);
    Window window(300);
    std::set<std::uint64_t> ended;
    Numbers running;
    std::size_t next = 0;
    while (ended.size() < nodes.size()) {
      if (random() % 10 == 0) window = restored(window);
      if (next < nodes.size() && random() % 2 == 0) window.add(nodes[next++]);
      for (const std::uint64_t number : window.take_ready()) {
        for (const std::uint64_t id : nodes[number].after) ASSERT_TRUE(ended.contains(id));
        running.push_back(number);
      }
      ASSERT_TRUE(next < nodes.size() || !running.empty());
      if (running.empty()) continue;
      const std::size_t which = random() % running.size();
      ended.insert(window.node(running[which]).id);
      window.finish(running[which]);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
    }
    EXPECT_TRUE(window.empty());
  }
}

TEST(Window, ShowsWhatIsUnfinishedInOrder) {
  Window window(10);
  for (std::uint64_t id = 0; id < 6; ++id)
    window.add(node(id, id % 2 == 0 ? std::vector<std::uint64_t>{} : std::vector{id - 1}));
  for (const std::uint64_t number : window.take_ready()) window.finish(number);
  window.add(node(9));
  EXPECT_EQ(window.take_ready(), (Numbers{1, 3, 5, 6}));
  window.add(node(8, {99}));
  Numbers numbers, taken;
  window.for_each([&](std::uint64_t number, const Node& shown, bool is_taken) {
    EXPECT_EQ(shown.id, window.node(number).id);
    numbers.push_back(number);
    if (is_taken) taken.push_back(number);
  });
  EXPECT_EQ(numbers, (Numbers{1, 3, 5, 6, 7}));
  EXPECT_EQ(taken, (Numbers{1, 3, 5, 6}));
}

TEST(Window, RefusesAnArchiveThatContradictsItself) {
  const auto load = [](auto change) {
    Window window(4);
    window.add(node(1));
    window.add(node(2, {1}));
    window.take_ready();
    MemoryArchive<false> saved;
    window.serialize(saved);
    change(saved.held);
    MemoryArchive<true> loading{saved.held};
    Window loaded(1);
    loaded.serialize(loading);
  };
  EXPECT_NO_THROW(load([](auto&) {}));
  EXPECT_THROW(load([](auto& held) { std::get<0>(held) = 0; }), GraphError);
  EXPECT_THROW(load([](auto& held) { std::get<0>(held) = 1; }), GraphError);
  EXPECT_THROW(load([](auto& held) { std::get<1>(held) = 1; }), GraphError);
  EXPECT_THROW(load([](auto& held) { std::get<2>(held) = {1, 1}; }), GraphError);
  EXPECT_THROW(load([](auto& held) { std::get<2>(held) = {3}; }), GraphError);
  EXPECT_THROW(load([](auto& held) { std::get<3>(held) = {1, 0}; }), GraphError);
  EXPECT_THROW(load([](auto& held) { std::get<4>(held).pop_back(); }), GraphError);
  EXPECT_THROW(load([](auto& held) { std::get<4>(held)[1].id = 1; }), GraphError);
  EXPECT_THROW(load([](auto& held) { std::get<5>(held) = {1, 1}; }), GraphError);
  EXPECT_THROW(load([](auto& held) { std::get<5>(held) = {2, 0}; }), GraphError);
}

}  // namespace
}  // namespace hecaton::test::window_test
