#include "runs/sweep/points.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>

#include "core/engine/base/bytes_digest.hpp"
#include "core/engine/base/digest.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/sampling.hpp"
#include "io/files/atomic_file.hpp"
#include "io/files/file_lock.hpp"
#include "io/files/text_file.hpp"
#include "io/files/version.hpp"
#include "io/result/summary.hpp"
#include "io/study/table.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/sweep/forecast.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

std::string fingerprint(const std::string& text) {
  Digest digest;
  digest.add(text.size());
  for (const char c : text) digest.add(static_cast<unsigned char>(c));
  return fmt::format("{:016x}", digest.value());
}

std::string deck_file(const std::string& point) {
  return point + ".toml";
}

const io::Key& key_named(const std::string& name) {
  const auto dot = name.rfind('.');
  return *io::find_key(std::string_view(name).substr(0, dot), std::string_view(name).substr(dot + 1));
}

// A table has the columns of one kind of workload.
void check_kind(const io::LoadedDeck& loaded, const io::WorkloadKind*& kind) {
  if (kind == nullptr) kind = &io::kind_of(loaded.deck);
  if (&io::kind_of(loaded.deck) == kind) return;
  throw io::InputError(loaded.locations.find("workload.kind"), "workload.kind", "changes within the study",
                       "its table has the columns of one kind of workload", "make a study of each kind");
}

SweepPoint make_point(const io::Study& study, const CheckedDeck& checked) {
  const io::Deck& deck = checked.loaded.deck;
  SweepPoint point;
  point.name = fingerprint(deck.resolved_toml);
  point.deck_text = deck.resolved_toml;
  point.events = static_cast<double>(checked.preview.estimate.events);
  point.is_sampled = deck.sampling.mode == io::SamplingMode::on;
  if (point.is_sampled)
    point.events =
        std::min(point.events, static_cast<double>(io::budget_events(deck.sampling.budget).value_or(0)));
  for (const std::string& name : study.keys) {
    const io::Key& key = key_named(name);
    point.values.push_back(key.get(deck, key));
  }
  return point;
}

void add_point(Sweep& sweep, std::size_t index, const io::WorkloadKind*& kind) {
  const io::Study& study = sweep.study;
  std::optional<CheckedDeck> checked;
  try {
    checked = check_point(study.deck, study.points[index], study.ranks, study.partition);
  } catch (const io::InputError& error) {
    sweep.infeasible.push_back({index, fmt::format("{} [point {} of {}: {}]", error.what(), index + 1,
                                                   study.points.size(), io::values_text(study, index))});
    return;
  }
  check_kind(checked->loaded, kind);
  sweep.points.push_back(make_point(study, *checked));
}

void check_names(const Sweep& sweep) {
  std::map<std::string_view, const SweepPoint*> seen;
  for (const SweepPoint& point : sweep.points) {
    const auto [other, is_new] = seen.emplace(point.name, &point);
    if (!is_new && other->second->deck_text != point.deck_text) {
      throw io::InputError({sweep.study.path.string()}, "", "has two points with one fingerprint",
                           "that is a rare accident", "split the study");
    }
  }
}

io::Figure figure_of(const io::Value& value) {
  return std::visit([](const auto& v) -> io::Figure { return v; }, value);
}

// Columns in front of the figures: the name and the study's keys.
std::vector<io::TableColumn> columns_of_keys(const Sweep& sweep) {
  std::vector<io::TableColumn> columns{{"point", "", "folder of the point, a fingerprint of its deck", {}}};
  for (const std::string& name : sweep.study.keys) {
    const io::Key& key = key_named(name);
    columns.push_back({name, std::string(key.unit), std::string(key.text), {}});
  }
  return columns;
}

// What an infeasible point gives for a key, if it is of the type that the column has.
std::optional<io::Figure> figure_of(const io::Entry& given, const io::Value& like) {
  const auto to_figure = [&](const auto& wanted) -> std::optional<io::Figure> {
    using T = std::decay_t<decltype(wanted)>;
    if (const auto* same = std::get_if<T>(&given.value)) return *same;
    const auto* whole = std::get_if<std::int64_t>(&given.value);
    if constexpr (std::is_same_v<T, double>) {
      if (whole != nullptr) return static_cast<double>(*whole);
    }
    return {};
  };
  return std::visit(to_figure, like);
}

// Columns that a row says nothing about get an empty cell.
void end_row(std::vector<io::TableColumn>& columns, std::size_t rows) {
  for (io::TableColumn& column : columns) column.cells.resize(rows);
}

// A summary repeats some keys of its deck ("collective.bytes"); one that is swept has its column already.
void add_row(const std::vector<std::string>& keys, std::vector<io::TableColumn>& columns,
             const SweepPoint& point, const io::Summary& summary) {
  const std::size_t row = columns[0].cells.size();
  columns[0].cells.emplace_back(point.name);
  std::size_t column = 1;
  for (const io::Value& value : point.values) columns[column++].cells.push_back(figure_of(value));
  for (const io::NamedFigure& figure : io::figures(summary)) {
    if (std::find(keys.begin(), keys.end(), figure.name) != keys.end()) continue;
    if (column == columns.size()) {
      columns.push_back({figure.name, figure.unit, figure.name + " of summary.json", {}});
      columns.back().cells.resize(row);
    }
    columns[column++].cells.push_back(figure.value);
  }
  end_row(columns, row + 1);
}

// No deck, so no name; its values as far as they are of the right type.
void add_infeasible_row(const Sweep& sweep, std::vector<io::TableColumn>& columns, std::size_t index) {
  const std::size_t row = columns[0].cells.size();
  columns[0].cells.emplace_back(std::string());
  for (std::size_t i = 0; i < sweep.study.keys.size(); ++i) {
    columns[i + 1].cells.push_back(figure_of(sweep.study.points[index][i], sweep.points.front().values[i]));
  }
  end_row(columns, row + 1);
}

// The table as it stands: what is finished and what is infeasible, in the order of the study.
std::vector<io::TableColumn> table_of(const Sweep& sweep) {
  std::vector<io::TableColumn> columns = columns_of_keys(sweep);
  io::TableColumn reasons{"infeasible", "", "why no run accepts this point; empty if it is finished", {}};
  auto infeasible = sweep.infeasible.begin();
  auto point = sweep.points.begin();
  for (std::size_t index = 0; index < sweep.size(); ++index) {
    if (infeasible != sweep.infeasible.end() && infeasible->index == index) {
      add_infeasible_row(sweep, columns, index);
      reasons.cells.emplace_back((infeasible++)->reason);
      continue;
    }
    if (const auto summary = finished_summary(sweep, *point)) {
      add_row(sweep.study.keys, columns, *point, *summary);
      reasons.cells.emplace_back(std::string());
    }
    ++point;
  }
  if (!sweep.infeasible.empty()) columns.push_back(std::move(reasons));
  return columns;
}

}  // namespace

SweepPoint sweep_point(const io::Study& study, std::size_t index) {
  return make_point(study, check_point(study.deck, study.points[index], study.ranks, study.partition));
}

Sweep load_sweep(const fs::path& study, fs::path output) {
  Sweep sweep;
  sweep.study = io::read_study(study);
  if (output.empty()) output = fs::path("out") / study.stem();
  sweep.output = fs::absolute(output).lexically_normal();
  const io::WorkloadKind* kind = nullptr;
  for (std::size_t i = 0; i < sweep.study.points.size(); ++i) add_point(sweep, i, kind);
  check_names(sweep);
  return sweep;
}

fs::path folder_of(const Sweep& sweep, const std::string& point) {
  return sweep.output / "points" / point;
}

fs::path log_of(const Sweep& sweep, const std::string& point) {
  return folder_of(sweep, point) / "log";
}

std::optional<io::Summary> finished_summary(const Sweep& sweep, const SweepPoint& point) {
  const fs::path file = folder_of(sweep, point.name) / "summary.json";
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  try {
    io::Summary summary = io::summary_from_json(io::read_text_file(file, "a summary"), file.string());
    const io::BuildInfo& build = io::build_info();
    const bool is_ours = summary.deck_digest == digest_of_text(point.deck_text) &&
                         summary.version == build.version && summary.git == build.git;
    const bool has_trace = sweep.study.trace == io::TraceContent::none ||
                           fs::exists(folder_of(sweep, point.name) / "trace.h5", error);
    if (is_ours && has_trace) return summary;
  } catch (const io::InputError&) {
  }
  return {};
}

bool is_finished(const Sweep& sweep, const SweepPoint& point) {
  return finished_summary(sweep, point).has_value();
}

std::size_t count_finished(const Sweep& sweep) {
  return static_cast<std::size_t>(
      std::count_if(sweep.points.begin(), sweep.points.end(),
                    [&](const SweepPoint& point) { return is_finished(sweep, point); }));
}

bool has_log(const Sweep& sweep, const std::string& point) {
  std::error_code error;
  return fs::exists(log_of(sweep, point), error);
}

std::vector<std::string> unfinished_points(const Sweep& sweep) {
  std::vector<std::string> names;
  std::set<std::string_view> seen;
  for (const SweepPoint& point : sweep.points) {
    if (seen.insert(point.name).second && !is_finished(sweep, point)) names.push_back(point.name);
  }
  return names;
}

void prepare_point(const Sweep& sweep, const SweepPoint& point) {
  const fs::path folder = folder_of(sweep, point.name);
  try {
    fs::create_directories(folder);
    const io::FileLock lock(folder / sweep_lock_name);
    fs::remove(folder / "summary.json");
    fs::remove(folder / "end");
    io::write_atomically(folder / deck_file(point.name), point.deck_text);
    std::string words;
    for (const std::string& word : run_words(sweep, point)) words += word + '\0';
    io::write_atomically(folder / "words", words);
  } catch (const std::system_error& error) {
    throw std::runtime_error(fmt::format("{}: cannot be the folder of a point ({}); move it away",
                                         folder.string(), error.code().message()));
  }
}

void note_end(const Sweep& sweep, const std::string& point, PointEnd end, int code) {
  io::write_atomically(folder_of(sweep, point) / "end", fmt::format("{} {}\n", name_of(end), code));
}

PointEnd noted_end(const Sweep& sweep, const std::string& point) {
  const fs::path file = folder_of(sweep, point) / "end";
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return PointEnd::stopped;
  const std::string text = io::read_text_file(file, "a note of this program");
  return value_named<PointEnd>(text.substr(0, text.find_first_of(" \n"))).value_or(PointEnd::stopped);
}

const SweepPoint& find_point(const Sweep& sweep, const std::string& name) {
  return *std::find_if(sweep.points.begin(), sweep.points.end(),
                       [&](const SweepPoint& point) { return point.name == name; });
}

std::vector<std::string> run_words(const Sweep& sweep, const SweepPoint& point) {
  const fs::path folder = folder_of(sweep, point.name);
  std::vector<std::string> words{"run",         (folder / deck_file(point.name)).string(),
                                 "--output",    folder.string(),
                                 "--trace",     std::string(name_of(sweep.study.trace)),
                                 "--partition", sweep.study.partition,
                                 "--progress",  "plain",
                                 "--fresh"};
  if (point.is_sampled) return words;
  const auto every = static_cast<int>(seconds_between_checkpoints(point.events / io::sampled_events_per_s));
  for (const std::string& word : {std::string("--restart"), std::string("latest"),
                                  std::string("--checkpoint-every"), fmt::format("{}s", every)})
    words.push_back(word);
  return words;
}

std::string describe(const Sweep& sweep, const SweepPoint& point) {
  std::string text;
  for (std::size_t i = 0; i < point.values.size(); ++i) {
    const std::string value = io::to_toml(point.values[i]);
    text += fmt::format("{}{}={}", i == 0 ? "" : " ", sweep.study.keys[i], value);
  }
  return text;
}

bool write_tables(const Sweep& sweep) {
  const std::vector<io::TableColumn> columns = table_of(sweep);
  if (columns[0].cells.empty()) return false;
  io::write_atomically(sweep.output / "table.csv", io::to_csv(columns));
  io::write_study_table(sweep.output / "table.h5", columns, io::read_text_file(sweep.study.path, "a study"));
  return true;
}

io::FileLock lock_sweep(const fs::path& output) {
  try {
    fs::create_directories(output);
    return io::FileLock(output / sweep_lock_name);
  } catch (const io::LockHeld&) {
    throw io::InputError({output.string()}, "", "is being worked on",
                         "another sweep runs or submits its points", "wait for it, or see --status");
  } catch (const std::system_error& error) {
    throw io::InputError({output.string()}, "", "cannot be written", error.code().message(),
                         "choose another place with --output");
  }
}

}  // namespace hecaton::runs
