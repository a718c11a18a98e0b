#include "io/page/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "io/files/child_process.hpp"
#include "io/files/input_error.hpp"
#include "io/page/assets.hpp"
#include "io/page/compressed_text.hpp"
#include "io/page/page_json.hpp"
#include "io/result/summary.hpp"
#include "io/study/table_text.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

constexpr unsigned most_seconds = 600;  // for reading one trace

void expect_dies(const fs::path& trace, const Summary& summary, const DetailChoice& choice) {
  const std::uint64_t dies = std::uint64_t{summary.rows} * summary.columns;
  if (choice.dies.empty() || choice.dies.back() < dies) return;
  throw InputError({trace.string()}, "", fmt::format("has no die {}", choice.dies.back()),
                   fmt::format("its package has dies 0 to {}", dies - 1), "name others with --dies");
}

PageTrace content_of(const fs::path& trace, const PageRequest& request, const PageLimits& limits) {
  if (request.kind == PageKind::comparison) return read_compared_content(trace);
  return read_content(trace, request.detail, limits);
}

std::string describe(const fs::path& trace, const PageRequest& request, const PageLimits& limits) {
  const Summary summary = read_summary(trace);
  expect_dies(trace, summary, request.detail);
  std::string content;
  try {
    content = isolated([&] { return content_json(content_of(trace, request, limits)); }, most_seconds);
  } catch (const std::runtime_error& error) {
    throw InputError({trace.string()}, "", "is not a readable trace", error.what(), "");
  }
  return trace_json(trace.string(), summary, content);
}

// The template with each place filled in. What is filled in is not looked at again.
std::string filled(std::string_view text,
                   const std::vector<std::pair<std::string_view, std::string_view>>& places) {
  std::string page;
  for (const auto& [place, content] : places) {
    const std::size_t at = text.find(place);
    if (at == std::string_view::npos) throw std::logic_error("a page has no place for " + std::string(place));
    page.append(text.substr(0, at)).append(content);
    text.remove_prefix(at + place.size());
  }
  return page.append(text);
}

}  // namespace

std::string make_page(const PageRequest& request) {
  const auto count = static_cast<std::uint32_t>(std::max<std::size_t>(request.traces.size(), 1));
  PageLimits limits = request.limits;
  limits.operations /= count;
  limits.operation_text /= count;
  limits.bins /= count;
  limits.busy_cells /= count;
  std::vector<std::string> traces;
  for (const fs::path& trace : request.traces) traces.push_back(describe(trace, request, limits));
  std::vector<std::string> studies;
  for (const fs::path& study : request.studies)
    studies.push_back(study_json(study.string(), read_table_text(study)));
  return filled(assets::page,
                {{"{{style}}", assets::style},
                 {"{{data}}", compressed_text(page_json(name_of(request.kind), traces, studies))},
                 {"{{script}}", assets::script}});
}

}  // namespace hecaton::io
