// A page about one or several traces: one HTML file that needs no network and no other file. The data lie in it as
// JSON; its script draws them (assets/).
//
// Invariant: whatever strings a trace holds, none can become markup or script: "<" stands as \u003c in the data, and
// the script puts strings into the page as text only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/page/trace_content.hpp"

namespace hecaton::io {

struct PageRequest {
  std::vector<std::filesystem::path> traces;  // the baseline first
  DetailChoice detail;
  PageLimits limits;  // of all traces together
};

// Throws InputError for all that is no readable trace.
std::string make_page(const PageRequest& request);

}  // namespace hecaton::io
