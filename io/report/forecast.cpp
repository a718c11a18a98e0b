#include "io/report/forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/files/version.hpp"
#include "io/report/quantity.hpp"

namespace hecaton::io {
namespace {

constexpr std::int64_t forecast_schema = 1;

std::string prediction(double seconds, const Forecast& forecast) {
  return fmt::format("{}, {:.3g} times as fast as one", format_si(seconds, "s"),
                     seconds > 0 ? forecast.alone_s() / seconds : 0.0);
}

nlohmann::ordered_json costs_json(const ForecastCosts& costs) {
  return {{"event_ns", costs.event_ns},
          {"event_measured", costs.event_measured},
          {"latency_us", costs.latency_us},
          {"message_us", costs.message_us},
          {"promise_ns", costs.promise_ns},
          {"reduction_us", costs.reduction_us},
          {"bandwidth_GBps", costs.bandwidth_GBps}};
}

nlohmann::ordered_json rank_json(std::size_t number, const ForecastRank& rank) {
  nlohmann::ordered_json to = nlohmann::ordered_json::array();
  for (const ForecastLane& lane : rank.to)
    to.push_back({{"rank", lane.rank}, {"records", lane.records}, {"bytes", lane.bytes}});
  return {{"rank", number},
          {"events", rank.events},
          {"records_sent", rank.records_sent},
          {"batches_sent", rank.batches_sent},
          {"bytes_sent", rank.bytes_sent},
          {"to", std::move(to)}};
}

}  // namespace

std::uint64_t Forecast::events() const {
  std::uint64_t all = 0;
  for (const ForecastRank& rank : ranks) all += rank.events;
  return all;
}
std::uint64_t Forecast::records_sent() const {
  std::uint64_t all = 0;
  for (const ForecastRank& rank : ranks) all += rank.records_sent;
  return all;
}
std::uint64_t Forecast::bytes_sent() const {
  std::uint64_t all = 0;
  for (const ForecastRank& rank : ranks) all += rank.bytes_sent;
  return all;
}
std::uint64_t Forecast::bytes_of_largest() const {
  std::uint64_t most = 0;
  for (const ForecastRank& rank : ranks) most = std::max(most, rank.bytes_sent);
  return most;
}
double Forecast::alone_s() const {
  return static_cast<double>(events()) * costs.event_ns * 1e-9;
}

std::string describe(const Forecast& forecast) {
  const auto count = [](std::uint64_t n) { return format_count(static_cast<double>(n)); };
  const auto ranks = static_cast<double>(forecast.ranks.size());
  std::uint64_t most = 0;
  for (const ForecastRank& rank : forecast.ranks) most = std::max(most, rank.events);
  const double mean = static_cast<double>(forecast.events()) / ranks;
  const ForecastCosts& costs = forecast.costs;
  std::string text = fmt::format("{} on {} ranks, partition \"{}\"\n\n", forecast.deck, forecast.ranks.size(),
                                 forecast.partition);
  text +=
      fmt::format("events     {}, of the busiest rank {} ({:.3g} times the mean)\n", count(forecast.events()),
                  count(most), mean > 0 ? static_cast<double>(most) / mean : 1.0);
  text += fmt::format(
      "windows    {}, {} events each\n", count(forecast.windows),
      format_count(static_cast<double>(forecast.events()) / static_cast<double>(forecast.windows)));
  text += fmt::format("messages   {} events for other ranks\n", count(forecast.records_sent()));
  text += fmt::format("bytes      {} sent by a rank in the mean, {} at most\n",
                      format_si(static_cast<double>(forecast.bytes_sent()) / ranks, "B"),
                      format_si(static_cast<double>(forecast.bytes_of_largest()), "B"));
  text += fmt::format("predicted  one rank       {}\n", format_si(forecast.alone_s(), "s"));
  text += fmt::format("           sync window    {}\n", prediction(forecast.window_s, forecast));
  text += fmt::format("           sync null      {}\n", prediction(forecast.promise_s, forecast));
  text += fmt::format(
      "\nfrom       {:.4g} ns per event ({}), latency {:g} us, batch {:g} us, promise {:g} ns,\n"
      "           reduction {:g} us per level, {:g} GB/s (as given; the defaults are ASSUMED)\n",
      costs.event_ns, costs.event_measured ? "measured here" : "as given", costs.latency_us, costs.message_us,
      costs.promise_ns, costs.reduction_us, costs.bandwidth_GBps);
  return text;
}

std::string to_json(const Forecast& forecast) {
  nlohmann::ordered_json ranks = nlohmann::ordered_json::array();
  for (std::size_t rank = 0; rank < forecast.ranks.size(); ++rank)
    ranks.push_back(rank_json(rank, forecast.ranks[rank]));
  const nlohmann::ordered_json json = {{"schema", forecast_schema},
                                       {"version", build_info().version},
                                       {"git", build_info().git},
                                       {"deck", forecast.deck},
                                       {"partition", forecast.partition},
                                       {"simulated_ps", forecast.simulated_ps},
                                       {"events", forecast.events()},
                                       {"windows", forecast.windows},
                                       {"busiest_events", forecast.busiest_events},
                                       {"records_sent", forecast.records_sent()},
                                       {"alone_s", forecast.alone_s()},
                                       {"window_s", forecast.window_s},
                                       {"promise_s", forecast.promise_s},
                                       {"costs", costs_json(forecast.costs)},
                                       {"ranks", std::move(ranks)}};
  return json.dump(2) + "\n";
}

}  // namespace hecaton::io
