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
  return fmt::format(
      R"({{"ph":"X","name":"{}","cat":"{}","pid":{},"tid":{},"ts":{},"dur":{},)"
      R"("args":{{"kind":"{}","stage":"{}","layer":{},"mini-batch":{},"bytes":{},"macs":{}}}}})",
      slice_name(row.kind, row.stage), name_of(engine), pid, tid, microseconds(row.start_ps),
      microseconds(row.end_ps - row.start_ps), name_of(row.kind), name_of(row.stage), row.layer,
      row.minibatch, row.bytes, row.macs);
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
void ChromeWriter::add_process(std::uint32_t process, std::string_view name) {
  add_event(metadata("process_name", process, 0, fmt::format(R"("name":"{}")", name)));
  add_event(metadata("process_sort_index", process, 0, fmt::format(R"("sort_index":{})", process - 1)));
}

std::uint64_t ChromeWriter::add_thread(std::uint32_t process, std::string_view name) {
  const std::uint64_t tid = ++tracks_;
  add_event(metadata("thread_name", process, tid, fmt::format(R"("name":"{}")", name)));
  add_event(metadata("thread_sort_index", process, tid, fmt::format(R"("sort_index":{})", tid)));
  return tid;
}

void ChromeWriter::add_row(std::uint32_t row) {
  add_process(row + 1, fmt::format("row {}", row));
}

void ChromeWriter::add_lane(std::uint32_t row, std::uint32_t die, const Lane& lane) {
  const std::uint64_t tid = add_thread(row + 1, lane_name(die, lane));
  for (const chiplet::OperationRow& each : lane.slices) add_event(slice(each, lane.engine, row + 1, tid));
}

void ChromeWriter::add_group(std::uint32_t process, NetworkGroup group) {
  add_process(process, name_of(group));
}

void ChromeWriter::add_counter(std::uint32_t process, const CounterTrack& counter) {
  for (const CounterSample& sample : counter.samples)
    add_event(fmt::format(R"({{"ph":"C","name":"{}","pid":{},"ts":{},"args":{{"busy_ps":{}}}}})",
                          counter.name, process, microseconds(sample.time_ps), sample.busy_ps));
}

// A slice that takes no time for each end, to which the arrow between the two is bound.
void ChromeWriter::add_messages(std::uint32_t process, const MessageTrack& messages) {
  const std::uint64_t tid = add_thread(process, messages.name);
  for (const MessageEnd& end : messages.ends) {
    const MessageRow& row = end.message;
    const std::string at =
        fmt::format(R"("cat":"message","pid":{},"tid":{},"ts":{})", process, tid, microseconds(end.time_ps));
    add_event(
        fmt::format(R"({{"ph":"X","name":"{}",{},"dur":0.000000,"args":{{"number":{},"from":{},"to":{},)"
                    R"("bytes":{},"hops":{},"handed_over_ps":{},"waited_ps":{}}}}})",
                    end.arrives ? "message arrives" : "message leaves", at, end.number, row.from, row.to,
                    row.bytes, row.hops, row.handed_over_ps, row.waited_ps));
    add_event(fmt::format(R"({{"ph":"{}",{}"name":"message","id":{},{}}})", end.arrives ? "f" : "s",
                          end.arrives ? R"("bp":"e",)" : "", end.number, at));
  }
}

void ChromeWriter::finish() {
  output_.add("\n]}\n");
}

}  // namespace hecaton::io
