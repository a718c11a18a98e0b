// The table of a study as it is read back from its CSV: names, and a text for each cell. The file may be anything.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hecaton::io {

struct TableText {
  std::vector<std::string> names;              // of the columns, the point's first
  std::vector<std::vector<std::string>> rows;  // as many cells each as there are names
};

// RFC 4180. `source` names the text in the InputError thrown for all that is no table of a study.
TableText table_text(std::string_view csv, const std::string& source);
TableText read_table_text(const std::filesystem::path& path);

}  // namespace hecaton::io
