// What a page tells of stalls, buffers and messages, against the rows and bins of the trace that it was made of.
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "io/files/hdf5_file.hpp"
#include "io/page/arrivals.hpp"
#include "io/page/latencies.hpp"
#include "io/page/page_json.hpp"
#include "io/page/page_trace.hpp"
#include "tests/io/page/unpacked.hpp"
#include "tests/io/trace/synthetic.hpp"

namespace {

namespace fs = std::filesystem;
using namespace hecaton;
using nlohmann::json;
using test::unpacked;

constexpr std::uint32_t nodes = synthetic::dies + synthetic::io_dies;

std::vector<io::MessageRow> all_messages() {
  std::vector<io::MessageRow> all;
  for (std::uint32_t node = 0; node < nodes; ++node)
    for (const io::MessageRow& row : synthetic::messages_of(node)) all.push_back(row);
  return all;
}

class NetworkPage : public ::testing::Test {
 protected:
  NetworkPage() { synthetic::write(trace_, synthetic::owners()[0].owner, world_); }
  json content() const { return json::parse(io::content_json(io::read_content(trace_, {}, {}))); }
  // The cells of a matrix of bins, as they lie in the file.
  std::vector<std::uint64_t> cells(const char* path) const {
    const auto matrix =
        io::hdf5::open_matrix(io::hdf5::open(trace_), path, io::hdf5::Cell::u64, {nodes, 4096});
    std::vector<std::uint64_t> values(matrix.rows * matrix.columns);
    io::hdf5::read_rows(matrix.matrix, io::hdf5::Cell::u64, 0, values.size(), values.data());
    return values;
  }

  boost::mpi::communicator world_;
  synthetic::Scratch scratch_{world_};
  fs::path trace_ = scratch_ / "trace.h5";
};

TEST_F(NetworkPage, StallsAreThoseOfTheLinks) {
  const json stalls = content()["stalls"];
  std::vector<std::int64_t> sending, credit, rival, nothing;
  for (const auto& link : synthetic::links()) {
    const io::StallRow row = synthetic::stalls_of(link);
    sending.push_back(static_cast<std::int64_t>(row.sending_ps));
    credit.push_back(static_cast<std::int64_t>(row.credit_ps));
    rival.push_back(static_cast<std::int64_t>(row.rival_ps));
    nothing.push_back(static_cast<std::int64_t>(row.nothing_ps));
  }
  EXPECT_EQ(unpacked(stalls["sending_ps"]), sending);
  EXPECT_EQ(unpacked(stalls["credit_ps"]), credit);
  EXPECT_EQ(unpacked(stalls["rival_ps"]), rival);
  EXPECT_EQ(unpacked(stalls["nothing_ps"]), nothing);
}

TEST_F(NetworkPage, BuffersTellTheFullestAndTheMeanOfEachBin) {
  const json buffers = content()["buffers"];
  for (const auto& [name, rows, unit] :
       {std::tuple{"activation_buffer", synthetic::dies, 1.0},
        std::tuple{"weight_buffer", synthetic::dies, 1.0},
        std::tuple{"router_buffers", nodes, 1 / buffers["width_ps"].get<double>()}}) {
    const std::vector<std::uint64_t> values = cells((std::string("bins/") + name).c_str());
    const std::size_t bins = values.size() / rows;
    const json& told = buffers[name];
    ASSERT_GT(told["most"].size(), 0U) << name;
    std::uint64_t left = 0;  // in bins that are not told
    for (std::size_t bin = 0; bin < bins; ++bin) {
      std::vector<std::uint64_t> column;
      for (std::size_t row = 0; row < rows; ++row) column.push_back(values[row * bins + bin]);
      const auto most = std::max_element(column.begin(), column.end());
      double sum = 0;
      for (const std::uint64_t value : column) sum += static_cast<double>(value);
      if (bin >= told["most"].size()) {
        left += *most;
        continue;
      }
      EXPECT_DOUBLE_EQ(told["most"][bin].get<double>(), static_cast<double>(*most) * unit);
      EXPECT_DOUBLE_EQ(told["mean"][bin].get<double>(), sum / static_cast<double>(rows) * unit);
      EXPECT_EQ(told["fullest"][bin], *most > 0 ? most - column.begin() : 0);
    }
    EXPECT_EQ(left, 0U) << name;
  }
}

TEST_F(NetworkPage, EveryMessageIsInOneBinOfLatency) {
  const json latencies = content()["latencies"];
  const std::vector<std::uint64_t> edges = latencies["edges_ps"], told = latencies["messages"];
  ASSERT_EQ(edges.size(), told.size() + 1);
  std::vector<std::uint64_t> expected(told.size());
  for (const io::MessageRow& row : all_messages()) {
    const auto latency = static_cast<std::uint64_t>(row.arrived_ps - row.handed_over_ps);
    std::size_t in = 0;
    for (std::size_t bin = 0; bin < told.size(); ++bin)
      if (latency >= edges[bin] && latency < edges[bin + 1]) {
        ++expected[bin];
        ++in;
      }
    EXPECT_EQ(in, 1U) << latency;
  }
  EXPECT_EQ(told, expected);
  EXPECT_GT(told.front(), 0U);
  EXPECT_GT(told.back(), 0U);
  for (std::size_t bin = 1; bin < told.size(); ++bin)
    EXPECT_LE(static_cast<double>(edges[bin + 1]), 1.05 * static_cast<double>(edges[bin]) + 1);
}

TEST_F(NetworkPage, TheLastMessageIsTheOneThatArrivedLast) {
  const io::Arrivals arrivals = io::Arrivals::read(io::hdf5::open(trace_));
  const std::vector<io::MessageRow> messages = all_messages();
  ASSERT_FALSE(messages.empty());
  for (const io::MessageRow& row : messages) {
    const std::int64_t before = row.arrived_ps - 1;
    const auto found = arrivals.last_source(row.to, before, row.arrived_ps);
    ASSERT_TRUE(found);
    EXPECT_TRUE(std::any_of(messages.begin(), messages.end(), [&](const io::MessageRow& each) {
      return each.to == row.to && each.arrived_ps == row.arrived_ps && each.from == *found;
    }));
    EXPECT_FALSE(arrivals.last_source(row.to, row.arrived_ps, row.arrived_ps));
  }
  EXPECT_FALSE(arrivals.last_source(1'000'000'007, 0, 2'000'000'000));
}

TEST_F(NetworkPage, WhatCannotBeIsRefused) {
  const auto refusal_of = [&](const std::string& path, auto value) {
    const fs::path bad = scratch_ / "bad.h5";
    fs::copy_file(trace_, bad, fs::copy_options::overwrite_existing);
    {
      const io::hdf5::Handle file = io::hdf5::open_again(bad);
      const io::hdf5::Handle column = io::hdf5::open_column(file, path);
      const std::size_t rows = path.starts_with("stalls") ? synthetic::links().size() : all_messages().size();
      const std::vector<decltype(value)> cells(rows, value);
      io::hdf5::write_column(column, io::hdf5::cell_of<decltype(value)>(), cells.data());
    }
    try {
      io::read_content(bad, {}, {});
    } catch (const io::hdf5::Error& error) {
      return std::string(error.what());
    }
    return std::string("it was read");
  };
  EXPECT_NE(refusal_of("stalls/credit_ps", std::uint64_t{1} << 63U).find("not credible"), std::string::npos);
  EXPECT_NE(refusal_of("messages/arrived_ps", std::int64_t{-1}).find("arrives before it was handed over"),
            std::string::npos);
}

TEST_F(NetworkPage, ATraceWithoutThemHasNone) {
  const fs::path bare = scratch_ / "bare.h5";
  {
    io::hdf5::Handle file = io::hdf5::create(bare);
    file.close();
  }
  const io::hdf5::Handle file = io::hdf5::open_again(bare);
  EXPECT_FALSE(io::read_link_stalls(file, 3));
  EXPECT_FALSE(io::read_buffer_bins(file, 3));
  EXPECT_FALSE(io::read_latencies(file));
  EXPECT_TRUE(io::Arrivals::read(file).is_empty());
}

}  // namespace
