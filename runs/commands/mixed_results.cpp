#include "runs/commands/mixed_results.hpp"

#include "io/report/message.hpp"
#include "io/trace/result_set.hpp"

namespace hecaton::runs {

void warn_of_mixed_results(std::span<const std::string> files) {
  for (const std::string& file : files)
    if (const std::string why = io::why_mixed(file); !why.empty()) io::print_warning(why);
}

}  // namespace hecaton::runs
