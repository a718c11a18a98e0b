#include "io/trace/critical_path_table.hpp"

#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "core/critical_path/merge.hpp"
#include "core/engine/base/enum_names.hpp"
#include "io/files/child_process.hpp"
#include "io/files/input_error.hpp"
#include "io/trace/create_table.hpp"
#include "io/trace/table_reader.hpp"

namespace hecaton::io {
namespace {

using critical::Segment;
static_assert(std::is_trivially_copyable_v<Segment>);

template <class Enum>
bool is_named(Enum value) {
  return static_cast<std::size_t>(value) < names_of<Enum>().size();
}

bool is_credible(const Segment& segment, std::int64_t start) {
  return is_named(segment.part) && is_named(segment.kind) && is_named(segment.stage) &&
         is_named(segment.pass) && segment.start_ps == start && segment.end_ps > start;
}

void expect_credible(const critical::Path& path) {
  std::int64_t end = 0;
  for (const Segment& segment : path) {
    if (!is_credible(segment, end)) throw hdf5::Error("its critical path has values that no trace holds");
    end = segment.end_ps;
  }
}

}  // namespace

TraceTable<Segment> critical_path_table() {
  return trace_table<Segment>("critical_path",
                              "What the end of the step waited for, back to its start: segments by time");
}

void write_critical_path(const hdf5::Handle& file, const critical::Path& path) {
  write_table<Segment>(file, critical_path_table(), path);
}

critical::Path read_critical_path(const hdf5::Handle& file) {
  const TraceTable<Segment> table = critical_path_table();
  if (!hdf5::has_object(file, table.group)) return {};
  critical::Path path = TableReader<Segment>(file, table, critical::most_segments).read_all();
  expect_credible(path);
  return path;
}

critical::Path read_critical_path(const std::filesystem::path& trace) {
  std::string bytes;
  try {
    bytes = isolated([&] {
      const critical::Path path = read_critical_path(hdf5::open(trace));
      return std::string(reinterpret_cast<const char*>(path.data()), path.size() * sizeof(Segment));
    });
  } catch (const std::runtime_error& error) {
    throw InputError({trace.string()}, "", "holds a critical path that cannot be read", error.what(), "");
  }
  critical::Path path(bytes.size() / sizeof(Segment));
  if (!path.empty()) std::memcpy(path.data(), bytes.data(), path.size() * sizeof(Segment));
  return path;
}

}  // namespace hecaton::io
