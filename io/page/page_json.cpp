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
#include "io/page/packed.hpp"
#include "io/report/deck_lines.hpp"
#include "io/report/table.hpp"

namespace hecaton::io {
namespace {

using Json = nlohmann::ordered_json;

// Names are those of any file: bytes that are no UTF-8 are replaced.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
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
  for (const auto& [on, cell] : spent.cells()) {
    const auto activity = activity_of(on.kind);
    cells.push_back({{"pass", name_of(on.pass)},
                     {"stage", name_of(on.stage)},
                     {"kind", name_of(on.kind)},
                     {"activity", activity ? Json(name_of(*activity)) : Json()},
                     {"layer", on.layer},
                     {"rows", cell.rows},
                     {"ps", cell.ps},
                     {"bytes", cell.bytes},
                     {"macs", cell.macs}});
  }
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

Json detail_json(const OperationContent& content) {
  Json labels = Json::array(), dies = Json::array();
  for (const OperationPacker::Label& label : content.labels)
    labels.push_back({name_of(label.kind), name_of(label.stage), label.layer, label.minibatch});
  for (const PackedDie& die : content.detail)
    dies.push_back({{"die", die.die},
                    {"cut", die.cut},
                    {"rows", die.rows},
                    {"label", die.label},
                    {"start_ps", die.start_ps},
                    {"ps", die.ps},
                    {"bytes", die.bytes},
                    {"last_from", die.last_from}});
  return {{"from_ps", content.choice.from_ps},
          {"to_ps", content.choice.to_ps},
          {"labels", std::move(labels)},
          {"shared", content.shared},
          {"dies", std::move(dies)}};
}

Json overlap_json(const Overlap& overlap) {
  Json list = Json::array();
  const auto add = [&](const Json& name, const Overlap::Time& time) {
    list.push_back({{"activity", name}, {"alone_ps", time.alone_ps}, {"with_dram_ps", time.with_dram_ps}});
  };
  for (const Activity activity : values_of<Activity>()) add(name_of(activity), overlap.at(activity));
  add(nullptr, overlap.at(std::nullopt));
  return list;
}

Json operations_json(const OperationContent& content) {
  return {{"rows", content.rows},
          {"passes", names<chiplet::Pass>()},
          {"stages", names<chiplet::Stage>()},
          {"spent", spent_json(content.spent)},
          {"overview", overview_json(content.overview)},
          {"overlap", overlap_json(content.overlap)},
          {"detail", detail_json(content)}};
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

// The path itself as packed columns: steps of `die`, of what `from` differs from it, and of `label`, which numbers what
// segments have in common; `ps` are durations, since each begins where the one before ended.
Json segments_json(const critical::Path& path) {
  std::map<std::tuple<critical::Part, chiplet::OperationKind, chiplet::Stage, chiplet::Pass, std::int16_t,
                      std::int32_t>,
           std::int64_t>
      numbers;
  Json labels = Json::array();
  PackedSteps die, from, label;
  Packed ps, merged;
  for (const critical::Segment& each : path) {
    const auto [place, is_new] = numbers.try_emplace(
        {each.part, each.kind, each.stage, each.pass, each.layer, each.minibatch}, numbers.size());
    if (is_new)
      labels.push_back({name_of(each.part), name_of(each.kind), name_of(each.stage), name_of(each.pass),
                        each.layer, each.minibatch});
    die.add(each.die);
    from.add(static_cast<std::int64_t>(each.from) - each.die);
    label.add(place->second);
    ps.add(each.end_ps - each.start_ps);
    merged.add(each.merged);
  }
  return {{"labels", std::move(labels)}, {"die", die.text()}, {"from", from.text()},
          {"label", label.text()},       {"ps", ps.text()},   {"merged", merged.text()}};
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
          {"connections", connections_json(path)},
          {"segments", segments_json(path)}};
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

std::string packed(const std::vector<std::uint64_t>& numbers) {
  Packed text;
  for (const std::uint64_t number : numbers) text.add(static_cast<std::int64_t>(number));
  return text.text();
}

Json stalls_json(const std::optional<LinkStalls>& stalls) {
  if (!stalls) return nullptr;
  return {{"sending_ps", packed(stalls->sending)},
          {"credit_ps", packed(stalls->credit)},
          {"rival_ps", packed(stalls->rival)},
          {"nothing_ps", packed(stalls->nothing)}};
}

Json buffers_json(const std::optional<BufferBins>& buffers) {
  if (!buffers) return nullptr;
  const auto filled = [](const std::optional<FilledBuffer>& buffer) {
    if (!buffer) return Json();
    return Json{{"most", buffer->most}, {"fullest", buffer->fullest}, {"mean", buffer->mean}};
  };
  return {{"width_ps", buffers->width_ps},
          {"activation_buffer", filled(buffers->activation)},
          {"weight_buffer", filled(buffers->weight)},
          {"router_buffers", filled(buffers->router)}};
}

Json latencies_json(const std::optional<Latencies>& latencies) {
  if (!latencies) return nullptr;
  return {{"edges_ps", latencies->edges_ps}, {"messages", latencies->messages}};
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

std::string content_json(const PageTrace& content) {
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
                  {"stalls", stalls_json(content.stalls)},
                  {"buffers", buffers_json(content.buffers)},
                  {"latencies", latencies_json(content.latencies)},
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

std::string study_json(const std::string& path, const TableText& table) {
  return text_of({{"path", path}, {"names", table.names}, {"rows", table.rows}});
}

std::string page_json(std::string_view kind, const std::vector<std::string>& traces,
                      const std::vector<std::string>& studies) {
  const auto list = [](const std::vector<std::string>& texts) {
    std::string joined;
    for (std::size_t i = 0; i < texts.size(); ++i) joined += (i > 0 ? ",\n" : "\n") + texts[i];
    return "[" + joined + "\n]";
  };
  return "{\"kind\":" + text_of(kind) + ",\"traces\":" + list(traces) + ",\"studies\":" + list(studies) + "}";
}

}  // namespace hecaton::io
