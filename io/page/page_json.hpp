// The data of a page as JSON text. Times are picoseconds, bytes bytes, energies joules.
// Operations and shares of bins, of which there are very many, are packed (packed.hpp); assets/packed.js unpacks them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/page/page_trace.hpp"
#include "io/result/summary.hpp"
#include "io/study/table_text.hpp"

namespace hecaton::io {

std::string content_json(const PageTrace& content);

// `content`: JSON text of content_json.
std::string trace_json(const std::string& path, const Summary& summary, const std::string& content);
std::string study_json(const std::string& path, const TableText& table);
// Of several trace_json and study_json; `kind`: "report" or "comparison".
std::string page_json(std::string_view kind, const std::vector<std::string>& traces,
                      const std::vector<std::string>& studies);

}  // namespace hecaton::io
