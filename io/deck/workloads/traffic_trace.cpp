#include "io/deck/workloads/traffic_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "io/files/input_error.hpp"
#include "io/files/text_file.hpp"

namespace hecaton::io {
namespace {

constexpr std::string_view header = "time_ns,source,destination,bytes";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // which spreadsheets put before UTF-8
constexpr std::size_t largest_trace_bytes = std::size_t{1} << 30U;
constexpr std::int64_t largest_time_ns = 1'000'000'000'000;  // a quarter of an hour
constexpr std::uint32_t largest_message = std::uint32_t{1} << 30U;

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Decimal nanoseconds as picoseconds, without a detour over floating point.
std::optional<std::int64_t> picoseconds(std::string_view text) {
  const auto point = text.find('.');
  const auto ns = whole<std::int64_t>(text.substr(0, point));
  if (!ns || *ns < 0 || *ns > largest_time_ns || text.front() == '-') return std::nullopt;
  if (point == std::string_view::npos) return *ns * 1000;
  const std::string_view decimals = text.substr(point + 1);
  const auto fraction = whole<std::uint32_t>(decimals);
  if (decimals.size() > 3 || !fraction) return std::nullopt;
  constexpr std::array<std::int64_t, 4> scale{1000, 100, 10, 1};
  return *ns * 1000 + *fraction * scale[decimals.size()];
}

struct Row {
  const Location& where;
  const net::PackageConfig& package;
  std::string_view line;

  [[noreturn]] void refuse(std::string_view column, std::string_view cell, std::string_view needed) const {
    Location at = where;
    at.column = static_cast<std::uint32_t>(cell.data() - line.data()) + 1;
    throw InputError(at, column, fmt::format("cannot be {}", in_quotes(cell)), needed,
                     "correct the line or remove it");
  }
  std::uint32_t die(std::string_view column, std::string_view cell) const {
    const std::uint32_t dies = package.rows * package.columns;
    const auto die = whole<std::uint32_t>(cell);
    if (!die || *die >= dies) refuse(column, cell, fmt::format("dies are 0 to {}", dies - 1));
    if (std::find(package.dead_dies.begin(), package.dead_dies.end(), *die) != package.dead_dies.end())
      refuse(column, cell, "this die is dead");
    return *die;
  }
  net::ReplayPacket packet() const {
    std::string_view rest = line;
    std::array<std::string_view, 4> cell;
    for (std::size_t c = 0; c < cell.size(); ++c) {
      const auto comma = rest.find(',');
      if ((comma == std::string_view::npos) != (c + 1 == cell.size()))
        throw InputError(where, "", "is no line of a trace", fmt::format("four cells are needed: {}", header),
                         "correct the line or remove it");
      cell[c] = rest.substr(0, comma);
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
    const auto time = cell[0].empty() ? std::nullopt : picoseconds(cell[0]);
    if (!time)
      refuse("time_ns", cell[0], fmt::format("a time is 0 to {} with up to 3 decimals", largest_time_ns));
    const auto bytes = whole<std::uint32_t>(cell[3]);
    if (!bytes || *bytes == 0 || *bytes > largest_message)
      refuse("bytes", cell[3], fmt::format("a message has 1 to {} bytes", largest_message));
    return {*time, die("source", cell[1]), die("destination", cell[2]), *bytes};
  }
};

}  // namespace

std::vector<net::ReplayPacket> read_traffic_trace(const std::filesystem::path& path,
                                                  const net::PackageConfig& package) {
  const std::string text = read_text_file(path, "a trace of packets", largest_trace_bytes);
  std::vector<net::ReplayPacket> packets;
  Location where{path.string(), 0, 1};
  std::string_view rest = text;
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (++where.line == 1 && line != header)
      throw InputError(where, "", "is not the head of a trace", fmt::format("it is {}", in_quotes(line)),
                       fmt::format("begin the file with {}", header));
    if (where.line > 1 && !line.empty()) packets.push_back(Row{where, package, line}.packet());
  }
  if (packets.empty())
    throw InputError(where, "", "holds no packets", "there is nothing to replay", "add lines to it");
  return packets;
}

}  // namespace hecaton::io
