// The data of a page as JSON text without "<". Times are picoseconds, bytes bytes, energies joules.
// Operations and shares of bins, of which there are very many, are packed (packed.hpp); assets/packed.js unpacks them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/page/trace_content.hpp"
#include "io/result/summary.hpp"

namespace hecaton::io {

std::string content_json(const TraceContent& content);

// `content`: JSON text of content_json.
std::string trace_json(const std::string& path, const Summary& summary, const std::string& content);
// Of several trace_json; `kind`: "report" or "comparison".
std::string page_json(std::string_view kind, const std::vector<std::string>& traces);

}  // namespace hecaton::io
