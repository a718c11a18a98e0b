// `hecaton compare FILE FILE...`: summaries side by side, read from traces or from their JSON, as text; or traces as a page.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/files/atomic_file.hpp"
#include "io/files/input_error.hpp"
#include "io/page/page.hpp"
#include "io/report/critical_path.hpp"
#include "io/report/deck_lines.hpp"
#include "io/report/message.hpp"
#include "io/report/table.hpp"
#include "io/result/summary.hpp"
#include "io/trace/result_set.hpp"
#include "io/trace/stretch.hpp"
#include "io/trace/texts.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/mixed_results.hpp"
#include "runs/commands/path_of_trace.hpp"

namespace hecaton::runs {
namespace {

using Files = std::vector<std::string>;  // the baseline first

struct CompareArguments {
  Files files;
  std::string page;  // to be written; empty: text
  bool json = false;
};

bool is_trace(const std::string& file) {
  return std::filesystem::path(file).extension() != ".json";
}

// A run that has not ended has no times to compare.
void expect_ended(const std::string& file) {
  if (!is_trace(file) || !io::is_unfinished(file)) return;
  throw io::InputError({file}, "", "holds a run that has not ended", "it has no time that could be compared",
                       "go on with it by run --restart latest");
}

bool runs_programs(const io::Summary& summary) {
  return !std::holds_alternative<io::TrafficSummary>(summary.workload);
}

// What a result says beside its summary: nothing of a summary alone.
struct Compared {
  std::string file;
  io::Summary summary;
  std::string deck;     // resolved
  critical::Path path;  // empty where the file holds none
};
using AllCompared = std::vector<Compared>;  // the baseline first

AllCompared read_all(const Files& files) {
  AllCompared all;
  for (const std::string& file : files) {
    all.push_back({file, io::read_result(file), {}, {}});
    expect_ended(file);
  }
  warn_of_mixed_results(files);
  for (Compared& each : all) {
    if (!is_trace(each.file)) continue;
    each.deck = io::deck_text_of(each.file);
    each.path = path_of_trace(each.file);
  }
  return all;
}

// How a line calls a result that is compared with another one: by its deck, or by its file where that is the same.
std::string called(const Compared& one, const Compared& other) {
  return one.summary.deck == other.summary.deck ? one.file : one.summary.deck;
}

void print_deck_differences(const Compared& base, const Compared& other) {
  if (base.deck.empty() || other.deck.empty()) return;
  const auto differences = io::deck_differences(base.deck, other.deck);
  fmt::print("\n{} against {}, their decks:{}\n{}", called(other, base), called(base, other),
             differences.empty() ? " no key differs" : "", io::render_deck_differences(differences));
}

// How each differs from the first, by its deck and along its critical path, as far as files hold them.
void print_differences(const AllCompared& all) {
  const Compared& base = all.front();
  const auto named = [](const Compared& one, const Compared& other) {
    return io::NamedPath{called(one, other), one.path, {one.summary.rows, one.summary.columns}};
  };
  std::string without;
  for (const Compared& each : all)
    if (each.path.empty() && runs_programs(each.summary))
      without += (without.empty() ? "" : ", ") + each.file;
  for (std::size_t i = 1; i < all.size(); ++i) {
    print_deck_differences(base, all[i]);
    if (base.path.empty() || all[i].path.empty()) continue;
    fmt::print("\n{}", io::render_difference(named(base, all[i]), named(all[i], base)));
  }
  if (!without.empty())
    io::print_notice(fmt::format(
        "no critical path in {}, so times are not compared by cause; run --trace path records one", without));
}

std::vector<io::Facts> deck_facts(const Compared& base, const Compared& other) {
  std::vector<io::Facts> list;
  for (const io::DeckDifference& each : io::deck_differences(base.deck, other.deck))
    list.push_back(io::Facts().add("key", each.key).add("baseline", each.base).add("value", each.other));
  return list;
}

void print_json(const AllCompared& all) {
  const Compared& base = all.front();
  std::vector<io::Facts> runs, differences;
  for (const Compared& each : all)
    runs.push_back(
        io::Facts().add("file", each.file).add("summary", io::Facts::Json{io::to_json(each.summary)}));
  for (std::size_t i = 1; i < all.size(); ++i) {
    io::Facts apart = io::Facts().add("file", all[i].file).add("baseline", base.file);
    if (!base.deck.empty() && !all[i].deck.empty()) apart.add("deck", deck_facts(base, all[i]));
    if (!base.path.empty() && !all[i].path.empty())
      apart.add("critical_path", io::difference_facts(base.path, all[i].path));
    if (is_trace(base.file) && is_trace(all[i].file)) differences.push_back(std::move(apart));
  }
  fmt::print("{}", io::Facts().add("runs", runs).add("differences", differences).to_json());
}

int print_comparison(const CompareArguments& arguments) {
  return guarded([&] {
    const AllCompared all = read_all(arguments.files);
    if (arguments.json) return print_json(all);
    std::vector<io::Summary> summaries;
    for (const Compared& each : all) summaries.push_back(each.summary);
    fmt::print("{}", io::render_comparison(summaries));
    print_differences(all);
  });
}

void expect_trace(const std::string& file) {
  if (is_trace(file)) return;
  throw io::InputError({file}, "", "cannot be shown in a page",
                       "a summary holds no deck and no critical path",
                       "give the trace beside it, or leave --output out");
}

int write_page(const CompareArguments& arguments) {
  return guarded([&] {
    std::vector<NamedFile> read;
    io::PageRequest request{.traces = {}, .detail = {}, .limits = {}, .kind = io::PageKind::comparison};
    for (const std::string& file : arguments.files) {
      expect_trace(file);
      static_cast<void>(io::read_summary(file));  // throws for all that is no trace
      expect_ended(file);
      read.push_back({"FILE", file});
      request.traces.emplace_back(file);
    }
    const NamedFile written{"--output", arguments.page};
    expect_distinct(read, {&written, 1});
    const std::string page = io::make_page(request);
    warn_of_mixed_results(arguments.files);
    prepare_outputs({arguments.page});
    io::write_atomically(arguments.page, page);
    fmt::print("comparison  {}\n", arguments.page);
  });
}

Action add_compare_options(CLI::App& command) {
  constexpr int fewest = 2, most = 9;
  const auto arguments = std::make_shared<CompareArguments>();
  command
      .add_option("FILES", arguments->files, "Traces (HDF5) or summaries (JSON), the first as the baseline")
      ->required()
      ->expected(fewest, most);
  command
      .add_option("-o,--output", arguments->page, "Write a page for a browser about traces, instead of text")
      ->type_name("FILE");
  add_json(command, arguments->json);
  return [arguments](const Session&) {
    return arguments->page.empty() ? print_comparison(*arguments) : write_page(*arguments);
  };
}

}  // namespace

const Command compare_command{.name = "compare",
                              .summary = "Compare results side by side, as text or as a page",
                              .add_options = add_compare_options};

}  // namespace hecaton::runs
