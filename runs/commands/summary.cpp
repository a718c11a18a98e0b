#include "runs/commands/summary.hpp"

#include <fmt/format.h>

#include "io/files/text_file.hpp"
#include "io/report/quantity.hpp"
#include "io/report/table.hpp"
#include "io/result/summary.hpp"
#include "io/trace/recost.hpp"
#include "io/trace/stretch.hpp"
#include "runs/cli/deck_input.hpp"

namespace hecaton::runs {
namespace {

io::Summary read_either(const std::string& file) {
  if (file.ends_with(".json")) return io::summary_from_json(io::read_text_file(file, "a summary"), file);
  return io::read_summary(file);
}

}  // namespace

int print_summary(const SummaryArguments& arguments) {
  return guarded([&] {
    const io::Summary summary = arguments.energy.empty()
                                    ? io::read_summary(arguments.trace)
                                    : io::read_summary_at(arguments.trace, arguments.energy);
    if (io::is_unfinished(arguments.trace))
      fmt::print(
          "unfinished: the run had come to {} of simulated time; operations under way then are missing\n",
          io::format_si(static_cast<double>(summary.simulated_ps) * 1e-12, "s"));
    fmt::print("{}", io::render_table(summary));
  });
}

int print_comparison(const CompareArguments& arguments) {
  return guarded([&] {
    std::vector<io::Summary> summaries;
    for (const std::string& file : arguments.files) summaries.push_back(read_either(file));
    fmt::print("{}", io::render_comparison(summaries));
  });
}

}  // namespace hecaton::runs
