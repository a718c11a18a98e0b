// The data of a page against the rows of the trace that it was made of, by arithmetic of this test's own.
#include "io/page/page.hpp"

#include <gtest/gtest.h>
#include <mpi.h>

#include <array>
#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/chiplet/program/passes.hpp"
#include "core/chiplet/program/records.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/files/input_error.hpp"
#include "io/page/overlap.hpp"
#include "io/page/packed_operations.hpp"
#include "io/page/page_json.hpp"
#include "io/page/page_trace.hpp"
#include "io/page/timeline.hpp"
#include "tests/io/page/uncompressed.hpp"
#include "tests/io/page/unpacked.hpp"
#include "tests/io/trace/synthetic.hpp"

namespace {

namespace fs = std::filesystem;
using namespace hecaton;
using chiplet::OperationKind;
using chiplet::OperationRow;
using chiplet::Stage;
using nlohmann::json;
using test::uncompressed;
using test::unpacked;

OperationRow row_of(OperationKind kind, std::int64_t start, std::int64_t end, std::uint32_t die = 0,
                    Stage stage = Stage::qkv) {
  OperationRow row;
  row.die = die;
  row.kind = kind;
  row.stage = stage;
  row.start_ps = start;
  row.end_ps = end;
  return row;
}

std::uint64_t duration(const OperationRow& row) {
  return static_cast<std::uint64_t>(row.end_ps - row.start_ps);
}

// What a program is at, as the README of traces says it of kinds.
std::string activity_name(const std::string& kind) {
  if (kind == "matmul") return "matrix engine";
  if (kind == "vector") return "vector unit";
  if (kind == "dram-wait") return "DRAM wait";
  if (kind == "dram-read" || kind == "dram-write" || kind == "idle") return "";
  return "NoP";
}

// Gives a column of a file other values, under a checksum that is right.
template <class Value>
void overwrite(const fs::path& file, const std::string& path, const std::vector<Value>& values) {
  const io::hdf5::Handle opened = io::hdf5::open_again(file);
  const io::hdf5::Handle column = io::hdf5::open_column(opened, path);
  io::hdf5::write_column(column, io::hdf5::cell_of<Value>(), values.data());
}

std::vector<std::int64_t> sums_of(std::vector<std::int64_t> steps) {
  for (std::size_t i = 1; i < steps.size(); ++i) steps[i] += steps[i - 1];
  return steps;
}

class Page : public ::testing::Test {
 protected:
  Page() { synthetic::write(trace_, synthetic::owners()[0].owner, world_); }

  json content(const io::DetailChoice& choice = {}, const io::PageLimits& limits = {}) const {
    return json::parse(io::content_json(io::read_content(trace_, choice, limits)));
  }
  static std::vector<OperationRow> all_rows() {
    std::vector<OperationRow> rows;
    for (std::uint32_t die = 0; die < synthetic::dies; ++die)
      for (const OperationRow& row : synthetic::operations_of(die)) rows.push_back(row);
    return rows;
  }
  static std::string refusal(const io::PageRequest& request) {
    try {
      io::make_page(request);
    } catch (const io::InputError& error) {
      return error.what();
    }
    ADD_FAILURE() << "a page was made";
    return {};
  }

  boost::mpi::communicator world_;
  synthetic::Scratch scratch_{world_};
  fs::path trace_ = scratch_ / "trace.h5";
};

TEST_F(Page, TimesByStageAndKindAreThoseOfTheRows) {
  std::map<std::pair<std::string, std::string>, std::array<std::uint64_t, 4>> expected, found;
  for (const OperationRow& row : all_rows()) {
    auto& cell = expected[{std::string(name_of(row.stage)), std::string(name_of(row.kind))}];
    ++cell[0];
    cell[1] += duration(row);
    cell[2] += row.bytes;
    cell[3] += row.macs;
  }
  const json spent = content()["operations"]["spent"];
  for (const json& cell : spent) {
    auto& sums = found[{cell["stage"], cell["kind"]}];
    sums[0] += cell["rows"].get<std::uint64_t>();
    sums[1] += cell["ps"].get<std::uint64_t>();
    sums[2] += cell["bytes"].get<std::uint64_t>();
    sums[3] += cell["macs"].get<std::uint64_t>();
  }
  ASSERT_GT(expected.size(), 10U);
  EXPECT_EQ(found, expected);
}

// As programs wrote them that did not count multiply-accumulates by operation.
TEST_F(Page, OperationsMayLackTheirMultiplyAccumulates) {
  json expected = content();
  for (json& cell : expected["operations"]["spent"]) cell["macs"] = 0;
  {
    const io::hdf5::Handle file = io::hdf5::open_again(trace_);
    ASSERT_GE(H5Ldelete(file.id(), "operations/macs", H5P_DEFAULT), 0);
  }
  EXPECT_EQ(content()["operations"], expected["operations"]);
}

TEST_F(Page, BinsAddUpToTheOperations) {
  std::map<std::string, std::uint64_t> expected, found;
  for (const OperationRow& row : all_rows())
    if (const std::string name = activity_name(std::string(name_of(row.kind))); !name.empty())
      expected[name] += duration(row);
  const json overview = content()["operations"]["overview"];
  EXPECT_EQ(overview["lanes"], synthetic::dies);
  for (const auto& [name, times] : overview["ps"].items()) {
    ASSERT_EQ(times.size(), overview["lanes"].get<std::size_t>() * overview["bins"].get<std::size_t>());
    for (const std::uint64_t ps : times)
      if (ps > 0) found[name] += ps;
  }
  EXPECT_EQ(found, expected);
}

// Of packed bytes the number of each operation: its place among those of operations alike, or 14 and itself.
std::vector<std::uint64_t> unpacked_bytes(const json& text, const std::vector<OperationRow>& rows) {
  const std::vector<std::int64_t> told = unpacked(text);
  std::map<std::pair<OperationKind, Stage>, std::vector<std::int64_t>> recent;
  std::vector<std::uint64_t> bytes;
  std::size_t at = 0;
  for (const OperationRow& row : rows) {
    std::vector<std::int64_t>& before = recent[{row.kind, row.stage}];
    const auto place = static_cast<std::size_t>(told.at(at++));
    const std::int64_t number = place == 14 ? told.at(at++) : before.at(place);
    if (place != 14) before.erase(before.begin() + static_cast<std::ptrdiff_t>(place));
    before.insert(before.begin(), number);
    if (before.size() > 14) before.pop_back();
    bytes.push_back(static_cast<std::uint64_t>(number));
  }
  EXPECT_EQ(at, told.size());
  return bytes;
}

void expect_unpacked(const json& die, const json& detail, const std::vector<OperationRow>& rows) {
  const json &labels = detail["labels"], &shared = detail["shared"];
  const auto label = sums_of(unpacked(shared[die["label"].get<std::size_t>()]));
  const auto starts = unpacked(die["start_ps"]), times = unpacked(die["ps"]);
  const std::vector<std::uint64_t> bytes = unpacked_bytes(shared[die["bytes"].get<std::size_t>()], rows);
  ASSERT_EQ(label.size(), rows.size());
  ASSERT_EQ(starts.size(), rows.size());
  ASSERT_EQ(times.size(), rows.size());
  EXPECT_EQ(die["rows"], rows.size());
  std::int64_t program_end = 0;
  std::map<std::pair<OperationKind, Stage>, std::int64_t> last;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const OperationRow& row = rows[i];
    EXPECT_EQ(labels[static_cast<std::size_t>(label[i])],
              json::array({name_of(row.kind), name_of(row.stage), row.layer, row.minibatch}));
    EXPECT_EQ(starts[i], row.start_ps - program_end);
    std::int64_t& before = last[{row.kind, row.stage}];
    EXPECT_EQ(times[i], row.end_ps - row.start_ps - before);
    EXPECT_EQ(bytes[i], row.bytes);
    before = row.end_ps - row.start_ps;
    if (row.kind != OperationKind::dram_read && row.kind != OperationKind::dram_write)
      program_end = row.end_ps;
  }
}

TEST_F(Page, TheDetailHasEveryOperationWhereItFits) {
  const json detail = content()["operations"]["detail"];
  std::size_t count = 0;
  for (const json& die : detail["dies"]) {
    const std::vector<OperationRow> rows = synthetic::operations_of(die["die"]);
    expect_unpacked(die, detail, rows);
    count += rows.size();
  }
  EXPECT_EQ(count, all_rows().size());
}

TEST(OperationPacker, TellsManyNumbersOfBytes) {
  io::DieDetail die;
  for (std::int64_t i = 0; i < 200; ++i) {
    OperationRow row = row_of(i % 3 == 0 ? OperationKind::vector : OperationKind::matmul, 10 * i, 10 * i + 5);
    row.bytes = static_cast<std::uint64_t>((i * i) % (i < 100 ? 7 : 40) * 1'000'000);
    die.rows.push_back(row);
  }
  io::OperationPacker packer;
  const io::PackedDie packed = packer.pack(die, {});
  const std::vector<std::uint64_t> bytes = unpacked_bytes(packer.shared()[packed.bytes], die.rows);
  for (std::size_t i = 0; i < die.rows.size(); ++i) EXPECT_EQ(bytes[i], die.rows[i].bytes) << i;
  const std::size_t columns = packer.shared().size();
  const io::PackedDie again = packer.pack(die, {});
  EXPECT_EQ(packer.shared().size(), columns) << "columns are there once";
  EXPECT_EQ(again.label, packed.label);
  EXPECT_EQ(again.bytes, packed.bytes);
}

TEST_F(Page, ChosenDiesAndTimesLimitTheDetailOnly) {
  const std::uint32_t die = 7;
  const std::vector<OperationRow> rows = synthetic::operations_of(die);
  ASSERT_GT(rows.size(), 1U) << "the synthetic trace has too few rows for this test";
  const json all = content()["operations"];
  const json some =
      content({.dies = {die}, .from_ps = rows[1].start_ps, .to_ps = rows[1].end_ps})["operations"];
  EXPECT_EQ(some["spent"], all["spent"]);
  EXPECT_EQ(some["overview"], all["overview"]);
  ASSERT_EQ(some["detail"]["dies"].size(), 1U);
  EXPECT_EQ(unpacked(some["detail"]["dies"][0]["start_ps"]), std::vector<std::int64_t>{rows[1].start_ps});
  EXPECT_EQ(some["overlap"], all["overlap"]);
}

TEST_F(Page, DiesAreThinnedOutUntilTheirOperationsFit) {
  const json detail = content()["operations"]["detail"];
  const json& all = detail["dies"];
  std::uint64_t characters = 0;
  for (const json& column : detail["shared"]) characters += column.get<std::string>().size();
  for (const json& die : all)
    for (const char* column : {"start_ps", "ps", "last_from"})
      characters += die[column].get<std::string>().size();
  EXPECT_EQ(content({}, {.operation_text = characters})["operations"]["detail"]["dies"], all);
  const json half = content({}, {.operation_text = characters - 1})["operations"]["detail"]["dies"];
  ASSERT_EQ(half.size(), (all.size() + 1) / 2);
  for (std::size_t i = 0; i < half.size(); ++i) EXPECT_EQ(half[i]["die"], all[2 * i]["die"]);
  EXPECT_EQ(content({}, {.operation_text = 1})["operations"]["detail"]["dies"].size(), 1U);
}

TEST_F(Page, TimesByLayerAreThoseOfTheRows) {
  std::map<std::int64_t, std::uint64_t> expected, found;
  for (const OperationRow& row : all_rows()) expected[row.layer] += duration(row);
  const json spent = content()["operations"]["spent"];
  for (const json& cell : spent) found[cell["layer"].get<std::int64_t>()] += cell["ps"].get<std::uint64_t>();
  ASSERT_GT(expected.size(), 1U) << "the synthetic trace has one layer only";
  EXPECT_EQ(found, expected);
}

// Picosecond by picosecond would take too long for a trace, so rows of a few picoseconds are drawn.
TEST(Overlap, IsWhatAWalkThroughTimeFinds) {
  std::mt19937 draw(7);
  const auto up_to = [&](std::int64_t most) { return static_cast<std::int64_t>(draw() % (most + 1)); };
  for (int round = 0; round < 50; ++round) {
    std::vector<OperationRow> rows;
    const OperationKind kinds[] = {OperationKind::matmul, OperationKind::vector, OperationKind::all_gather,
                                   OperationKind::dram_wait, OperationKind::idle};
    const bool one_at_a_time = round % 2 == 0;
    for (std::int64_t at = 0; at < 60; at = (one_at_a_time ? rows.back().end_ps : at + 1) + up_to(3))
      rows.push_back(row_of(kinds[draw() % 5], at, at + up_to(9)));
    for (int i = 0; i < 6; ++i) {
      const std::int64_t start = up_to(70);
      rows.push_back(row_of(i % 2 == 0 ? OperationKind::dram_read : OperationKind::dram_write, start,
                            start + up_to(12)));
    }
    io::Overlap overlap;
    overlap.add(rows);
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> expected;
    for (std::int64_t ps = 0; ps < 100; ++ps) {
      std::string at;
      bool has_transfer = false;
      for (const OperationRow& row : rows) {
        if (ps < row.start_ps || ps >= row.end_ps) continue;
        const bool is_transfer =
            row.kind == OperationKind::dram_read || row.kind == OperationKind::dram_write;
        has_transfer = has_transfer || is_transfer;
        const std::string activity = activity_name(std::string(name_of(row.kind)));
        // Of several the first of these counts.
        const std::vector<std::string> order{"matrix engine", "vector unit", "NoP", "DRAM wait", ""};
        if (!is_transfer &&
            std::find(order.begin(), order.end(), activity) < std::find(order.begin(), order.end(), at))
          at = activity;
      }
      if (!at.empty() || has_transfer) ++(has_transfer ? expected[at].second : expected[at].first);
    }
    for (const io::Activity activity : values_of<io::Activity>()) {
      const auto [alone, beside] = expected[std::string(name_of(activity))];
      EXPECT_EQ(overlap.at(activity).alone_ps, alone);
      EXPECT_EQ(overlap.at(activity).with_dram_ps, beside);
    }
    EXPECT_EQ(overlap.at(std::nullopt).with_dram_ps, expected[""].second);
  }
}

TEST_F(Page, DiesAndLinksAreThoseOfTheTrace) {
  const json page = content();
  for (std::uint32_t die = 0; die < synthetic::dies; ++die) {
    const chiplet::DieCounters counters = synthetic::counters_of(die);
    visit_fields(counters,
                 [&](const char* name, std::uint64_t value) { EXPECT_EQ(page["dies"][name][die], value); });
  }
  const auto links = synthetic::links();
  ASSERT_EQ(page["links"]["from"].size(), links.size());
  for (std::size_t i = 0; i < links.size(); ++i) EXPECT_EQ(page["links"]["busy_ps"][i], links[i].busy_ps);
  const json without = content({}, {.links = 10});
  EXPECT_EQ(without["link_count"], links.size());
  EXPECT_TRUE(without["links"]["from"].empty());
}

// Of the time from `from` on, what lies in each bin, in thousandths of the part of the bin that is in the run.
std::vector<std::uint32_t> shares_in_bins(std::int64_t from, std::uint64_t busy_ps, std::int64_t width_ps) {
  std::vector<std::uint32_t> shares;
  for (std::int64_t begin = 0; begin < synthetic::simulated_ps; begin += width_ps) {
    const std::int64_t end = std::min(begin + width_ps, synthetic::simulated_ps);
    const std::int64_t in_bin =
        std::min(from + static_cast<std::int64_t>(busy_ps), end) - std::max(from, begin);
    const std::int64_t span = end - begin;
    shares.push_back(
        static_cast<std::uint32_t>((std::max<std::int64_t>(in_bin, 0) * 2000 + span) / (2 * span)));
  }
  return shares;
}

TEST_F(Page, LinksAndChannelsAreToldInBinsOfTime) {
  std::int64_t width_ps = synthetic::least_bin_ps;
  while (width_ps * synthetic::bins < synthetic::simulated_ps) width_ps *= 2;
  const std::uint64_t rows = synthetic::links().size() + synthetic::channels().size();
  // All bins, and half of them.
  for (const auto& [cells, width] :
       {std::pair{std::uint64_t{1} << 20U, width_ps}, std::pair{rows * synthetic::bins - 1, 2 * width_ps}}) {
    std::vector<std::int64_t> of_links, of_channels;
    for (const auto& link : synthetic::links())
      for (const std::uint32_t share : shares_in_bins(synthetic::busy_from(link), link.busy_ps, width))
        of_links.push_back(share);
    for (const auto& channel : synthetic::channels())
      for (const std::uint32_t share : shares_in_bins(0, channel.busy_ps, width))
        of_channels.push_back(share);
    const json busy = content({}, {.busy_cells = cells})["busy"];
    EXPECT_EQ(busy["width_ps"], width);
    EXPECT_EQ(sums_of(unpacked(busy["links"])), of_links);
    EXPECT_EQ(sums_of(unpacked(busy["of_channels"])), of_channels);
    EXPECT_EQ(busy["channels"]["io_die"].size(), synthetic::channels().size());
  }
  EXPECT_TRUE(content({}, {.busy_cells = 7 * rows})["busy"].is_null());
}

TEST_F(Page, BinsThatCannotBeAreRefused) {
  const std::uint64_t cells = synthetic::links().size() * synthetic::bins;
  std::vector<std::uint64_t> busy(cells, 1);
  busy.back() = std::uint64_t{1} << 62U;
  overwrite(trace_, "bins/links", busy);
  EXPECT_NE(refusal({{trace_}, {}, {}}).find("more of a bin than its width"), std::string::npos);
}

TEST_F(Page, NoStringOfATraceCanEndTheData) {
  const fs::path hostile = scratch_ / "a<!--<script>alert(1)<!--.h5";
  fs::copy_file(trace_, hostile);
  const std::string page = io::make_page({.traces = {hostile}, .detail = {}, .limits = {}});
  const std::string begin = "<script id=\"data\" type=\"application/zlib\">\n";
  const std::size_t start = page.find(begin) + begin.size();
  const std::string data = page.substr(start, page.find("\n</script>", start) - start);
  EXPECT_EQ(data.find('<'), std::string::npos);
  EXPECT_EQ(json::parse(uncompressed(data))["traces"][0]["path"], hostile.string());
  EXPECT_EQ(page.find("alert(1)"), std::string::npos);
}

TEST_F(Page, ADieThatIsNotThereIsRefused) {
  const std::string message = refusal({.traces = {trace_}, .detail = {.dies = {3, 24}}, .limits = {}});
  EXPECT_NE(message.find("has no die 24"), std::string::npos) << message;
  EXPECT_NE(message.find("dies 0 to 23"), std::string::npos) << message;
}

// A column replaced by one with a wrong value: the trace is refused in one line.
TEST_F(Page, RowsThatCannotBeAreRefused) {
  const std::size_t count = all_rows().size();
  const auto refused_with = [&](const std::string& path, auto value, const std::string& part) {
    const fs::path bad = scratch_ / "bad.h5";
    fs::copy_file(trace_, bad, fs::copy_options::overwrite_existing);
    overwrite(bad, path, std::vector<decltype(value)>(count, value));
    const std::string message = refusal({.traces = {bad}, .detail = {}, .limits = {}});
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  };
  refused_with("operations/kind", std::uint8_t{200}, "a kind or a stage that is not known");
  refused_with("operations/bytes", std::uint64_t{1} << 63U, "more bytes than credible");
  refused_with("operations/start_ps", std::int64_t{-1}, "ends before it starts");
  refused_with("operations/end_ps", std::int64_t{-5}, "ends before it starts");
  refused_with("operations/die", std::uint32_t{23}, "belongs to another die");
}

TEST(Passes, FollowFromTheOutputHead) {
  const std::vector<OperationRow> rows{row_of(OperationKind::matmul, 0, 10),
                                       row_of(OperationKind::matmul, 10, 20, 0, Stage::head),
                                       row_of(OperationKind::dram_read, 15, 40, 0, Stage::weights),
                                       row_of(OperationKind::vector, 20, 30, 0, Stage::loss),
                                       row_of(OperationKind::matmul, 30, 40),
                                       row_of(OperationKind::vector, 40, 50, 0, Stage::optimizer)};
  const chiplet::PassFinder finder(rows);
  using enum chiplet::Pass;
  const chiplet::Pass expected[] = {forward, head, head, head, backward, optimizer};
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(finder.pass_of(rows[i]), expected[i]) << i;
  EXPECT_EQ(chiplet::PassFinder(std::span(rows).first(1)).pass_of(rows[0]), whole);
}

TEST(Overview, DividesAnOperationAmongBinsExactly) {
  constexpr std::int64_t end = 1'000'003;  // no multiple of the bins
  io::Overview overview(1, 2, end, 74);
  const std::vector<OperationRow> rows{row_of(OperationKind::matmul, 1, end),
                                       row_of(OperationKind::all_reduce, 27'028, 27'029, 1),
                                       row_of(OperationKind::dram_read, 0, end, 1)};
  overview.add(rows);
  ASSERT_EQ(overview.bins(), 37U);
  std::uint64_t matrix = 0;
  for (std::uint32_t bin = 0; bin < overview.bins(); ++bin) {
    const std::int64_t width = end * (bin + 1) / 37 - end * bin / 37 - (bin == 0 ? 1 : 0);
    EXPECT_EQ(overview.at(0, bin)[0], static_cast<std::uint64_t>(width)) << bin;
    matrix += overview.at(0, bin)[0];
    const io::Overview::Bin other{0, 0, bin == 1 ? 1U : 0U, 0};
    EXPECT_EQ(overview.at(1, bin), other) << bin;
  }
  EXPECT_EQ(matrix, static_cast<std::uint64_t>(end - 1));
}

TEST(Overview, LargePackagesHaveLanesOfRows) {
  EXPECT_EQ(io::Overview(16, 16, 10, 1000).lanes(), 256U);
  EXPECT_EQ(io::Overview(16, 17, 10, 1000).lanes(), 16U);
  const io::Overview most(600, 100, 10, 1000);
  EXPECT_EQ(most.dies_per_lane(), 300U);
  EXPECT_EQ(most.lanes(), 200U);
}

TEST(Detail, HasAsManyDiesAsFit) {
  std::vector<std::uint64_t> offsets(17);
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = 100 * i;
  EXPECT_EQ(io::dies_in_detail(offsets, {}, 10'000).size(), 16U);
  EXPECT_EQ(io::dies_in_detail(offsets, {}, 450), (std::vector<std::uint32_t>{0, 4, 8, 12}));
  EXPECT_EQ(io::dies_in_detail(offsets, {}, 99), (std::vector<std::uint32_t>{0}));
  const std::vector<OperationRow> rows(100, row_of(OperationKind::matmul, 0, 1));
  const io::DieDetail cut = io::detail_of(0, rows, {}, 99);
  EXPECT_TRUE(cut.cut);
  EXPECT_EQ(cut.rows.size(), 99U);
  EXPECT_FALSE(io::detail_of(0, rows, {}, 100).cut);
}

}  // namespace
