// What a page shows of one trace beside its summary: the tables of a trace, cut down to what a browser can hold.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/critical_path/segments.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/page/buffer_bins.hpp"
#include "io/page/busy_bins.hpp"
#include "io/page/latencies.hpp"
#include "io/page/link_stalls.hpp"
#include "io/page/overlap.hpp"
#include "io/page/packed_operations.hpp"
#include "io/page/time_spent.hpp"
#include "io/page/timeline.hpp"
#include "io/result/run_result.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {

// What a page may hold of all its traces together.
struct PageLimits {
  std::uint64_t operations = 6'000'000;       // one by one,
  std::uint64_t operation_text = 34'000'000;  // in so many characters
  std::uint32_t bins = 40'000;                // of overviews
  std::uint64_t links = 100'000;              // of one trace; without its links where it has more
  std::uint64_t busy_cells = 1'200'000;       // of links and channels, each in a bin of time
};

struct OperationContent {
  std::uint64_t rows = 0;
  TimeSpent spent;
  Overlap overlap;
  Overview overview;
  DetailChoice choice;
  std::vector<OperationPacker::Label> labels;  // of the operations in detail
  std::vector<std::string> shared;             // columns that some of them have in common
  std::vector<PackedDie> detail;
};

struct PageTrace {
  std::uint32_t rows = 0;  // of the package
  std::uint32_t columns = 0;
  std::int64_t simulated_ps = 0;
  bool unfinished = false;
  std::string deck;                                             // resolved, TOML
  std::vector<std::pair<std::string, std::string>> provenance;  // name and value
  std::vector<DieRow> dies;
  std::uint64_t link_count = 0;
  std::vector<LinkRow> links;       // empty where there are too many
  std::uint64_t channel_count = 0;  // of DRAM
  std::optional<BusyBins> busy;
  std::optional<LinkStalls> stalls;
  std::optional<BufferBins> buffers;
  std::optional<Latencies> latencies;
  SampledRows sampled;  // empty where all was simulated
  critical::Path path;  // of the step; empty where it was not recorded
  std::optional<OperationContent> operations;
  std::string why_no_operations;
};

// Throws hdf5::Error. To be called in a process of its own, since the file may be anything.
PageTrace read_content(const std::filesystem::path& trace, const DetailChoice& choice,
                       const PageLimits& limits);
// What a page of comparisons shows: no links, no bins, no operations.
PageTrace read_compared_content(const std::filesystem::path& trace);

}  // namespace hecaton::io
