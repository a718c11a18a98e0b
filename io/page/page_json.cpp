#include "io/page/page_json.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/critical_path/sums.hpp"
#include "io/page/deck_lines.hpp"
#include "io/page/packed.hpp"
#include "io/report/table.hpp"

namespace hecaton::io {
namespace {

using Json = nlohmann::ordered_json;

// Names are those of any file: bytes that are no UTF-8 are replaced, and no "<" is left that could end a script.
std::string text_of(const Json& json) {
  const std::string plain = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string text;
  text.reserve(plain.size());
  for (const char c : plain) {
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  }
  return text;
}

template <class Enum>
Json names() {
  Json list = Json::array();
  for (const std::string_view name : names_of<Enum>()) list.push_back(name);
  return list;
}

// A table as one array per column.
template <class Row>
void add_columns_of(Json& table, const std::vector<Row>& rows, const std::string& prefix = {}) {
  for_each_field<Row>([&](const auto& each) {
    using Value = typename std::decay_t<decltype(each)>::Value;
    if constexpr (HasFields<Value>) {
      std::vector<Value> parts;
      parts.reserve(rows.size());
      for (const Row& row : rows) parts.push_back(row.*each.member);
      add_columns_of(table, parts, prefix + each.name);
    } else {
      Json column = Json::array();
      for (const Row& row : rows) {
        if constexpr (HasNames<Value>)
          column.push_back(name_of(row.*each.member));
        else
          column.push_back(row.*each.member);
      }
      table[prefix + each.name] = std::move(column);
    }
  });
}

template <class Row>
Json table_json(const std::vector<Row>& rows) {
  Json table = Json::object();
  add_columns_of(table, rows);
  return table;
}

Json spent_json(const TimeSpent& spent) {
  Json cells = Json::array();
  spent.for_each([&](chiplet::Pass pass, chiplet::Stage stage, chiplet::OperationKind kind,
                     const TimeSpent::Cell& cell) {
    const auto activity = activity_of(kind);
    cells.push_back({{"pass", name_of(pass)},
                     {"stage", name_of(stage)},
                     {"kind", name_of(kind)},
                     {"activity", activity ? Json(name_of(*activity)) : Json()},
                     {"rows", cell.rows},
                     {"ps", cell.ps},
                     {"bytes", cell.bytes}});
  });
  return cells;
}

// Each activity as a list of its bins, lane after lane.
Json overview_json(const Overview& overview) {
  Json json{{"lanes", overview.lanes()},
            {"dies_per_lane", overview.dies_per_lane()},
            {"bins", overview.bins()},
            {"end_ps", overview.end_ps()}};
  for (const Activity activity : values_of<Activity>()) {
    Json& times = json["ps"][std::string(name_of(activity))] = Json::array();
    for (std::uint32_t lane = 0; lane < overview.lanes(); ++lane)
      for (std::uint32_t bin = 0; bin < overview.bins(); ++bin)
        times.push_back(overview.at(lane, bin)[static_cast<std::size_t>(activity)]);
  }
  return json;
}

// Operations of dies; what they have in common (kind, stage, layer, mini-batch) is listed once and named by number. Columns
// are packed: numbers of labels by their steps, starts by the time since the operation before ended, times and bytes by
// what they differ from those of the last operation of that kind and stage on the die.
class DetailWriter {
 public:
  Json write(const OperationContent& content) {
    Json dies = Json::array();
    for (const DieDetail& die : content.detail) dies.push_back(write_die(die));
    return {{"from_ps", content.choice.from_ps},
            {"to_ps", content.choice.to_ps},
            {"labels", std::move(labels_)},
            {"dies", std::move(dies)}};
  }

 private:
  Json write_die(const DieDetail& die) {
    PackedSteps label;
    Packed start, ps, bytes;
    std::map<std::pair<chiplet::OperationKind, chiplet::Stage>, std::pair<std::int64_t, std::int64_t>> last;
    std::int64_t end = 0;
    for (const chiplet::OperationRow& row : die.rows) {
      auto& [last_ps, last_bytes] = last[{row.kind, row.stage}];
      const std::int64_t duration = row.end_ps - row.start_ps;
      const auto moved = static_cast<std::int64_t>(row.bytes);
      label.add(static_cast<std::int64_t>(number_of(row)));
      start.add(row.start_ps - std::exchange(end, row.end_ps));
      ps.add(duration - std::exchange(last_ps, duration));
      bytes.add(moved - std::exchange(last_bytes, moved));
    }
    return {{"die", die.die},           {"cut", die.cut},  {"label", label.text()},
            {"start_ps", start.text()}, {"ps", ps.text()}, {"bytes", bytes.text()}};
  }

  std::size_t number_of(const chiplet::OperationRow& row) {
    const auto [place, is_new] =
        numbers_.try_emplace({row.kind, row.stage, row.layer, row.minibatch}, numbers_.size());
    if (is_new) labels_.push_back({name_of(row.kind), name_of(row.stage), row.layer, row.minibatch});
    return place->second;
  }

  std::map<std::tuple<chiplet::OperationKind, chiplet::Stage, std::int16_t, std::int32_t>, std::size_t>
      numbers_;
  Json labels_ = Json::array();
};

Json operations_json(const OperationContent& content) {
  return {{"rows", content.rows},
          {"passes", names<chiplet::Pass>()},
          {"stages", names<chiplet::Stage>()},
          {"spent", spent_json(content.spent)},
          {"overview", overview_json(content.overview)},
          {"detail", DetailWriter().write(content)}};
}

Json sampled_json(const SampledRows& sampled) {
  if (sampled.strata.empty()) return nullptr;
  Json json{{"strata", table_json(sampled.strata)}, {"segments", table_json(sampled.segments)}};
  json["strata"]["name"] = sampled.names;
  return json;
}

// Whether some rows stand for several segments, so that their dies are those of the longest.
bool is_merged(const critical::Path& path) {
  return std::any_of(path.begin(), path.end(), [](const critical::Segment& each) { return each.merged > 1; });
}

Json connections_json(const critical::Path& path) {
  Json from = Json::array(), to = Json::array(), times = Json::array();
  for (const auto& [connection, ps] : critical::sums_by_connection(path)) {
    from.push_back(connection.from);
    to.push_back(connection.to);
    times.push_back(ps);
  }
  return {{"from", std::move(from)}, {"to", std::move(to)}, {"ps", std::move(times)}};
}

// Sums by pass, layer and part, and by connection; each adds up to the path.
Json path_json(const critical::Path& path) {
  if (path.empty()) return nullptr;
  std::map<std::tuple<chiplet::Pass, std::int16_t, critical::Part>, std::int64_t> sums;
  for (const critical::Segment& each : path)
    sums[{each.pass, each.layer, each.part}] += each.end_ps - each.start_ps;
  Json json = Json::array();
  for (const auto& [key, ps] : sums)
    json.push_back({{"pass", name_of(std::get<0>(key))},
                    {"layer", std::get<1>(key)},
                    {"part", name_of(std::get<2>(key))},
                    {"ps", ps}});
  return {{"end_ps", path.back().end_ps},
          {"merged", is_merged(path)},
          {"sums", std::move(json)},
          {"connections", connections_json(path)}};
}

std::string steps_of(const std::vector<std::uint32_t>& shares) {
  PackedSteps steps;
  for (const std::uint32_t share : shares) steps.add(share);
  return steps.text();
}

Json busy_json(const std::optional<BusyBins>& busy) {
  if (!busy) return nullptr;
  return {{"width_ps", busy->width_ps},
          {"bins", busy->bins},
          {"links", steps_of(busy->links)},
          {"channels", table_json(busy->channels)},
          {"of_channels", steps_of(busy->of_channels)}};
}

Json lines_json(const TableLines& lines) {
  Json list = Json::array();
  for (const TableLine& line : lines)
    list.push_back({{"label", line.label},
                    {"value", line.value},
                    {"share", line.share ? Json(*line.share) : Json()},
                    {"number", line.number ? Json(*line.number) : Json()}});
  return list;
}

}  // namespace

std::string content_json(const TraceContent& content) {
  Json deck = Json::array();
  for (const DeckLine& line : deck_lines(content.deck)) deck.push_back({line.key, line.value, line.tag});
  Json provenance = Json::array();
  for (const auto& [name, value] : content.provenance) provenance.push_back({name, value});
  return text_of({{"rows", content.rows},
                  {"columns", content.columns},
                  {"simulated_ps", content.simulated_ps},
                  {"unfinished", content.unfinished},
                  {"deck", std::move(deck)},
                  {"provenance", std::move(provenance)},
                  {"dies", table_json(content.dies)},
                  {"link_count", content.link_count},
                  {"channel_count", content.channel_count},
                  {"links", table_json(content.links)},
                  {"path", path_json(content.path)},
                  {"busy", busy_json(content.busy)},
                  {"sampled", sampled_json(content.sampled)},
                  {"operations", content.operations ? operations_json(*content.operations) : Json()},
                  {"why_no_operations", content.why_no_operations}});
}

std::string trace_json(const std::string& path, const Summary& summary, const std::string& content) {
  const Json head{{"path", path},
                  {"deck_name", summary.deck},
                  {"figures", lines_json(result_lines(summary))},
                  {"run", lines_json(run_lines(summary))}};
  std::string text = text_of(head);
  text.pop_back();
  return text + ",\"content\":" + content + "}";
}

std::string page_json(std::string_view kind, const std::vector<std::string>& traces) {
  std::string text = "{\"kind\":" + text_of(kind) + ",\"traces\":[";
  for (std::size_t i = 0; i < traces.size(); ++i) text += (i > 0 ? ",\n" : "\n") + traces[i];
  return text + "\n]}";
}

}  // namespace hecaton::io
