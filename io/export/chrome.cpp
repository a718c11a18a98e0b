#include <fmt/format.h>

#include "io/export/timeline.hpp"

namespace hecaton::io {
namespace {

constexpr std::int64_t ps_per_us = 1'000'000;

std::string microseconds(std::int64_t ps) {
  return fmt::format("{}.{:06}", ps / ps_per_us, ps % ps_per_us);
}

// A process or a thread gets a name and a place among the others.
std::string metadata(std::string_view what, std::uint64_t pid, std::uint64_t tid,
                     std::string_view arguments) {
  return fmt::format(R"({{"ph":"M","name":"{}","pid":{},"tid":{},"args":{{{}}}}})", what, pid, tid,
                     arguments);
}

std::string slice(const chiplet::OperationRow& row, Engine engine, std::uint64_t pid, std::uint64_t tid) {
  return fmt::format(R"({{"ph":"X","name":"{}","cat":"{}","pid":{},"tid":{},"ts":{},"dur":{},)"
                     R"("args":{{"kind":"{}","stage":"{}","layer":{},"mini-batch":{},"bytes":{}}}}})",
                     slice_name(row.kind, row.stage), name_of(engine), pid, tid, microseconds(row.start_ps),
                     microseconds(row.end_ps - row.start_ps), name_of(row.kind), name_of(row.stage),
                     row.layer, row.minibatch, row.bytes);
}

}  // namespace

ChromeWriter::ChromeWriter(Output& output) : output_(output) {
  output_.add("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
}

void ChromeWriter::add_event(std::string_view json) {
  output_.add(is_first_ ? "\n" : ",\n");
  output_.add(json);
  is_first_ = false;
}

// Viewers take process 0 for one of the system.
void ChromeWriter::add_row(std::uint32_t row) {
  add_event(metadata("process_name", row + 1, 0, fmt::format(R"("name":"row {}")", row)));
  add_event(metadata("process_sort_index", row + 1, 0, fmt::format(R"("sort_index":{})", row)));
}

void ChromeWriter::add_lane(std::uint32_t row, std::uint32_t die, const Lane& lane) {
  const std::uint64_t tid = ++tracks_;
  add_event(metadata("thread_name", row + 1, tid, fmt::format(R"("name":"{}")", lane_name(die, lane))));
  add_event(metadata("thread_sort_index", row + 1, tid, fmt::format(R"("sort_index":{})", tid)));
  for (const chiplet::OperationRow& each : lane.slices) add_event(slice(each, lane.engine, row + 1, tid));
}

void ChromeWriter::finish() {
  output_.add("\n]}\n");
}

}  // namespace hecaton::io
