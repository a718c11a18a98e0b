#include "runs/sweep/point_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view goes_on = "hecaton: goes on from ";
constexpr std::string_view begins = ": the run begins at its start";
constexpr std::string_view progress = "progress: ";
constexpr std::uintmax_t most_bytes = std::uintmax_t{1} << 20U;

std::string text_from(const fs::path& log, std::uintmax_t first) {
  std::ifstream file(log, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(first));
  return {std::istreambuf_iterator<char>(file), {}};
}

// "progress:  62 %, ..."
std::optional<int> percent_in(std::string_view line) {
  line.remove_prefix(progress.size());
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  int percent = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), percent);
  if (error != std::errc{} || !std::string_view(end, line.data() + line.size()).starts_with(" %"))
    return std::nullopt;
  return percent;
}

}  // namespace

PointProgress progress_in(std::string_view log) {
  PointProgress found;
  std::istringstream lines{std::string(log)};
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(begins)) found = {};
    if (line.starts_with(goes_on)) ++found.restarts;
    if (line.starts_with(progress))
      if (const auto percent = percent_in(line)) found.percent = percent;
  }
  return found;
}

PointProgress progress_of(const fs::path& log) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(log, error);
  if (error) return {};
  return progress_in(text_from(log, bytes > most_bytes ? bytes - most_bytes : 0));
}

std::string describe(const PointProgress& progress) {
  std::string text = progress.percent ? fmt::format("{} %", *progress.percent) : "";
  if (progress.restarts > 0) text += fmt::format("{}restart {}", text.empty() ? "" : ", ", progress.restarts);
  return text;
}

std::optional<std::string> launcher_failure(const fs::path& log, std::uintmax_t since_bytes) {
  std::istringstream lines(text_from(log, since_bytes));
  std::string first;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("hecaton: ") || line.starts_with(progress)) return std::nullopt;
    const bool says_something = line.find_first_not_of("-= \t\r") != std::string::npos;
    if (first.empty() && says_something) first = line;
  }
  return first.empty() ? "it has printed nothing" : first;
}

}  // namespace hecaton::runs
