// A page about one or several traces: one HTML file that needs no network and no other file. The data lie in it as
// JSON, compressed (compressed_text.hpp); its script draws them (assets/). A comparison has less in it: figures,
// differences, what they come from. A report may have tables of studies beside traces, or nothing else.
//
// Invariant: whatever strings a trace holds, none can become markup or script: the data are base 64, and the script
// puts strings into the page as text only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "io/page/page_trace.hpp"

namespace hecaton::io {

enum class PageKind : std::uint8_t { report, comparison };
constexpr auto enum_names(std::type_identity<PageKind>) {
  return named<PageKind>({{PageKind::report, "report"}, {PageKind::comparison, "comparison"}});
}

struct PageRequest {
  std::vector<std::filesystem::path> traces;  // the baseline first
  DetailChoice detail;
  PageLimits limits;  // of all traces together
  PageKind kind = PageKind::report;
  std::vector<std::filesystem::path> studies{};  // their tables, as CSV
};

// Throws InputError for all that is no readable trace, or no table of a study.
std::string make_page(const PageRequest& request);

}  // namespace hecaton::io
