#include "io/deck/workloads/traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>
#include <stdexcept>
#include <string_view>
#include <variant>

#include "core/training/model/plan_error.hpp"
#include "io/deck/registry_entry.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/package_facts.hpp"
#include "io/deck/workloads/traffic_trace.hpp"
#include "io/files/input_error.hpp"
#include "net/package/timing.hpp"

namespace hecaton::io {
namespace {

template <class AnyDeck>
auto& traffic_of(AnyDeck& deck) {
  return deck.template as<net::TrafficConfig>();
}

constexpr std::uint64_t most_packet_bytes = 0xffff0000;  // of a message, in whole flits: 32 bits
constexpr std::string_view trace_file_form = "the name of a file; empty: none";

Table traffic_table() {
  return table(
      "traffic", "Synthetic packets.",
      {key(
           "pattern", choice_of<net::TrafficPattern>(), "", Tag::assumed, ActsOn::everything,
           "Who sends to whom; trace: as traffic.trace_file says.",
           [](auto& d) -> auto& { return traffic_of(d).pattern; }),
       key(
           "injection_rate", RealType{0, 1}, "flits per die and cycle", Tag::assumed, ActsOn::everything,
           "Offered load.", [](auto& d) -> auto& { return traffic_of(d).injection_rate; }),
       key(
           "injection", choice_of<net::Injection>(), "", Tag::assumed, ActsOn::everything,
           "bernoulli: each cycle a packet or none, whatever was before; bursty: bursts and pauses of "
           "random length.",
           [](auto& d) -> auto& { return traffic_of(d).injection; }),
       key(
           "burst_packets", RealType{1, 1e6}, "", Tag::assumed, ActsOn::everything,
           "Bursty injection: packets of a burst, on average.",
           [](auto& d) -> auto& { return traffic_of(d).burst_packets; }),
       key(
           "burst_rate", RealType{0.000001, 1}, "flits per die and cycle", Tag::assumed, ActsOn::everything,
           "Bursty injection: load during a burst; the pauses bring it down to injection_rate.",
           [](auto& d) -> auto& { return traffic_of(d).burst_rate; }),
       key(
           "trace_file", ListType{trace_file_form, &problem_of_path}, "", Tag::assumed, ActsOn::everything,
           "pattern = \"trace\": a CSV file with the columns time_ns, source, destination, bytes; from "
           "the folder of the deck. Every rank reads it.",
           [](auto& d) -> auto& { return traffic_of(d).trace_file; }),
       key(
           "packet_flits", IntegerType{1, 65536}, "flits", Tag::assumed, ActsOn::everything,
           "Length of a packet.", [](auto& d) -> auto& { return traffic_of(d).packet_flits; }),
       key(
           "warmup_cycles", IntegerType{0, 1000 * million}, "cycles", Tag::assumed, ActsOn::everything,
           "Not measured, at the start. Of pattern \"trace\" 0 if not given.",
           [](auto& d) -> auto& { return traffic_of(d).warmup_cycles; }),
       key(
           "measure_cycles", IntegerType{1, 1000 * million}, "cycles", Tag::assumed, ActsOn::everything,
           "Packets created in this window are measured. Of pattern \"trace\" all that follow if not given.",
           [](auto& d) -> auto& { return traffic_of(d).measure_cycles; }),
       key(
           "drain_cycles", IntegerType{0, 1000 * million}, "cycles", Tag::assumed, ActsOn::everything,
           "Injection goes on for so long after the measuring window. Of pattern \"trace\" 0 if not given.",
           [](auto& d) -> auto& { return traffic_of(d).drain_cycles; }),
       key(
           "seed", IntegerType{0, INT64_MAX}, "", Tag::assumed, ActsOn::everything, "Of the random streams.",
           [](auto& d) -> auto& { return traffic_of(d).seed; }),
       key(
           "hotspot_die", IntegerType{0, largest_mesh - 1}, "die", Tag::assumed, ActsOn::everything,
           "pattern = \"hotspot\": where every packet goes.",
           [](auto& d) -> auto& { return traffic_of(d).hotspot_die; })});
}

void check_bits_of_dies(const Deck& deck, std::string_view name, const Refuser& refuse) {
  const std::uint64_t dies = dies_of(deck.network.package);
  if (std::has_single_bit(dies)) return;
  refuse("traffic.pattern", "does not fit the mesh",
         fmt::format("\"{}\" permutes the bits of a die's number; {} dies are no power of two", name, dies),
         "choose another pattern or mesh");
}

void check_pattern(const Deck& deck, const Refuser& refuse) {
  using net::TrafficPattern;
  const net::PackageConfig& package = deck.network.package;
  switch (traffic_of(deck).pattern) {
    case TrafficPattern::transpose:
      if (package.rows == package.columns) return;
      refuse("traffic.pattern", "does not fit the mesh",
             fmt::format("\"transpose\" needs a square; it has {} x {} dies", package.rows, package.columns),
             "choose another pattern or mesh");
    case TrafficPattern::bit_complement:
      return check_bits_of_dies(deck, "bit-complement", refuse);
    case TrafficPattern::bit_reverse:
      return check_bits_of_dies(deck, "bit-reverse", refuse);
    case TrafficPattern::shuffle:
      return check_bits_of_dies(deck, "shuffle", refuse);
    default:
      return;
  }
}

void check_length(const Deck& deck, const Refuser& refuse) {
  const net::TrafficConfig& traffic = traffic_of(deck);
  const net::LinkConfig& link = deck.network.link;
  if (std::uint64_t{traffic.packet_flits} * link.flit_bytes > most_packet_bytes)
    refuse("traffic.packet_flits", "makes packets too large",
           fmt::format("{} flits of {} bytes; a packet has at most {} bytes", traffic.packet_flits,
                       link.flit_bytes, most_packet_bytes),
           fmt::format("use at most {}", most_packet_bytes / link.flit_bytes));
  const std::int64_t cycle_ps = net::cycle_of(link).ps;
  const std::uint64_t cycles = traffic.warmup_cycles + traffic.measure_cycles + traffic.drain_cycles;
  const auto most = static_cast<std::uint64_t>(SimTime::never().ps / 2 / cycle_ps);
  if (cycles <= most) return;
  const std::uint64_t longest =
      std::max({traffic.warmup_cycles, traffic.measure_cycles, traffic.drain_cycles});
  const std::string_view key = longest == traffic.measure_cycles  ? "traffic.measure_cycles"
                               : longest == traffic.warmup_cycles ? "traffic.warmup_cycles"
                                                                  : "traffic.drain_cycles";
  refuse(key, "makes the run too long",
         fmt::format("{} cycles of {} ps; all cycles together are at most half of simulated time, {} of them",
                     cycles, cycle_ps, most),
         "use fewer cycles, smaller flits or faster links");
}

}  // namespace

void TrafficKind::check(const Deck& deck, const Refuser& refuse) {
  const net::TrafficConfig& traffic = traffic_of(deck);
  const std::uint64_t dies = dies_of(deck.network.package);
  if (dies < 2) {
    refuse("package.rows", "makes one die only", "traffic needs a sender and a receiver",
           "use a larger mesh");
  }
  check_pattern(deck, refuse);
  check_length(deck, refuse);
  if (traffic.pattern == net::TrafficPattern::trace && traffic.trace_file.empty())
    refuse("traffic.pattern", "has nothing to replay", "traffic.trace_file names no file",
           "add trace_file = \"FILE.csv\" under [traffic]");
  if (traffic.pattern != net::TrafficPattern::trace && !traffic.trace_file.empty())
    refuse("traffic.trace_file", "would not be read", "the pattern is not \"trace\"",
           "set traffic.pattern = \"trace\" or remove it");
  if (traffic.injection == net::Injection::bursty && traffic.burst_rate < traffic.injection_rate)
    refuse("traffic.burst_rate", "is below the load",
           fmt::format("bursts of {} flits per die and cycle cannot make {}", traffic.burst_rate,
                       traffic.injection_rate),
           "raise it, or lower traffic.injection_rate");
  if (traffic.hotspot_die >= dies) {
    refuse("traffic.hotspot_die", "is not a die", fmt::format("dies are 0 to {}", dies - 1),
           "choose one of them");
  }
  const net::RouterConfig& router = deck.network.router;
  if (router.switching == net::Switching::cut_through && router.buffer_flits < traffic.packet_flits) {
    refuse("router.buffer_flits", "is too small",
           fmt::format("cut-through switching stores a whole packet of {} flits", traffic.packet_flits),
           fmt::format("use at least {} or smaller packets", traffic.packet_flits));
  }
}

void TrafficKind::set_hardware_defaults(Deck& deck) {
  // What published curves of mesh networks assume.
  deck.network.package.rows = deck.network.package.columns = 8;
  deck.network.package.topology = net::TopologyKind::mesh;
  deck.network.link.latency_ns = 1.0;
  deck.network.router.buffer_flits = 8;
  deck.network.router.switching = net::Switching::wormhole;
}

std::vector<Table> TrafficKind::tables() {
  return {traffic_table()};
}

namespace {

constexpr std::uint64_t longest_window = 1000 * million;

bool is_trace(const Entry& entry) {
  const auto* pattern = std::get_if<std::string>(&entry.value);
  return entry.table == "traffic" && entry.name == "pattern" && pattern != nullptr &&
         *pattern == name_of(net::TrafficPattern::trace);
}

std::uint64_t cycle_of(const net::ReplayPacket& packet, const Deck& deck) {
  const std::int64_t cycle_ps = std::max<std::int64_t>(1, net::cycle_of(deck.network.link).ps);
  return static_cast<std::uint64_t>(packet.time_ps / cycle_ps);
}

// The cycles from `warmup_cycles` on until the last packet. A file that cannot be read is complained about when the
// traffic is made; until then the window is that of other patterns.
std::uint64_t window_of_trace(const Deck& deck) {
  const net::TrafficConfig& traffic = traffic_of(deck);
  try {
    std::uint64_t last = 0;
    for (const net::ReplayPacket& packet : read_traffic_trace(traffic.trace_file, deck.network.package))
      last = std::max(last, cycle_of(packet, deck));
    const std::uint64_t after_warmup = last > traffic.warmup_cycles ? last - traffic.warmup_cycles : 0;
    return std::min(after_warmup + 1, longest_window);
  } catch (const InputError&) {
    return net::TrafficConfig{}.measure_cycles;
  }
}

void require_measured(const std::vector<net::ReplayPacket>& packets, const Deck& deck) {
  const net::TrafficConfig& traffic = traffic_of(deck);
  std::uint64_t last = 0;
  for (const net::ReplayPacket& packet : packets) {
    const std::uint64_t cycle = cycle_of(packet, deck);
    last = std::max(last, cycle);
    if (cycle >= traffic.warmup_cycles && cycle - traffic.warmup_cycles < traffic.measure_cycles) return;
  }
  throw training::PlanError(
      "traffic.measure_cycles", "leaves nothing to measure",
      fmt::format("no packet of the trace is in cycles {} to {}; the last is in cycle {}",
                  traffic.warmup_cycles, traffic.warmup_cycles + traffic.measure_cycles - 1, last),
      "leave out warmup_cycles and measure_cycles, and all packets are measured");
}

}  // namespace

// Windows that are not given follow the trace; no cycles stand for that until it is known.
void TrafficKind::prepare(Deck& deck, std::span<const Entry> entries, const std::filesystem::path&) {
  if (std::none_of(entries.begin(), entries.end(), &is_trace)) return;
  traffic_of(deck).warmup_cycles = traffic_of(deck).measure_cycles = traffic_of(deck).drain_cycles = 0;
}

void TrafficKind::complete(Deck& deck, const std::filesystem::path& folder) {
  net::TrafficConfig& traffic = traffic_of(deck);
  if (!traffic.trace_file.empty())
    traffic.trace_file = std::filesystem::absolute(folder / traffic.trace_file).lexically_normal().string();
  if (traffic.measure_cycles == 0) traffic.measure_cycles = window_of_trace(deck);
}

const net::TrafficConfig* TrafficKind::packets(const Deck& deck) {
  return &traffic_of(deck);
}

DieWork TrafficKind::die_work(const Deck& deck) {
  const net::TrafficConfig& traffic = traffic_of(deck);
  const net::PackageConfig& package = deck.network.package;
  try {
    std::vector<net::ReplayPacket> replay;
    if (traffic.pattern == net::TrafficPattern::trace)
      require_measured(replay = read_traffic_trace(traffic.trace_file, package), deck);
    return net::Traffic(traffic, package.rows, package.columns, std::move(replay));
  } catch (const std::invalid_argument& error) {
    throw training::PlanError("traffic.pattern", "does not exist on this mesh", error.what(),
                              "choose another pattern or mesh");
  }
}

namespace {

// Less than 95 % of what was offered arrived. What an idle network would have under way at the end of the window is
// not missing, nor is a packet of each die: in short windows that alone may be more than 5 %.
bool lacks_flits(const TrafficResult& result, std::uint64_t dies, std::uint64_t window_cycles) {
  if (result.accepted_flits >= result.offered_flits || result.packets_measured == 0) return false;
  const Wide offered = result.offered_flits;
  const Wide packets = result.packets_measured;
  const Wide under_way = offered * result.alone_sum_cycles / packets / window_cycles;
  const Wide one_each = (offered + packets - 1) / packets * dies;
  return (offered - result.accepted_flits) * 100 > offered * 5 + (under_way + one_each) * 100;
}

// The mean latency never falls from one quarter of the window to the next, and rises by more than a quarter and by more
// than twice what a packet takes in an idle network.
bool latency_grows(const TrafficResult& result) {
  constexpr std::uint64_t enough = 10;  // of fewer packets a mean says little
  const auto& packets = result.part_packets;
  const auto& latency = result.part_latency_cycles;
  if (*std::min_element(packets.begin(), packets.end()) < enough) return false;
  for (std::size_t part = 1; part < packets.size(); ++part)
    if (Wide{latency[part]} * packets[part - 1] < Wide{latency[part - 1]} * packets[part]) return false;
  const Wide first = latency.front() / packets.front();
  const Wide last = latency.back() / packets.back();
  const Wide alone = result.alone_sum_cycles / result.packets_measured;
  return last * 4 > first * 5 && last > first + 2 * alone;
}

}  // namespace

TrafficSummary TrafficKind::summarise(const Deck& deck, const Outcome& outcome) {
  const TrafficResult& result = outcome.traffic;
  const net::PackageConfig& package = deck.network.package;
  const std::set<std::uint32_t> dead(package.dead_dies.begin(), package.dead_dies.end());
  const std::uint64_t dies = dies_of(package) - dead.size();  // dead ones neither send nor receive
  const std::uint64_t die_cycles = dies * traffic_of(deck).measure_cycles;
  TrafficSummary traffic;
  traffic.latency_mean_cycles = ratio(result.latency_sum_cycles, result.packets_measured);
  traffic.latency_min_cycles = static_cast<double>(result.latency_min_cycles);
  traffic.latency_max_cycles = static_cast<double>(result.latency_max_cycles);
  traffic.accepted_flits_per_die_cycle = ratio(result.accepted_flits, die_cycles);
  traffic.offered_flits_per_die_cycle = ratio(result.offered_flits, die_cycles);
  traffic.hops_mean = ratio(result.hops_sum, result.packets_measured);
  traffic.packets_measured = result.packets_measured;
  traffic.saturated = lacks_flits(result, dies, traffic_of(deck).measure_cycles) || latency_grows(result);
  return traffic;
}

ReportLines lines_of(const TrafficSummary& t) {
  using enum ReportLine::Form;
  return {ReportLine::of_form(figure, "latency, cycles", t.latency_mean_cycles),
          ReportLine::of_form(figure, "  least", t.latency_min_cycles),
          ReportLine::of_form(figure, "  most", t.latency_max_cycles),
          {.label = "flits/die/cycle"},
          ReportLine::of_form(figure, "  offered", t.offered_flits_per_die_cycle),
          ReportLine::of_form(figure, "  accepted", t.accepted_flits_per_die_cycle),
          ReportLine::of_form(figure, "links per packet", t.hops_mean),
          ReportLine::of_form(count, "packets measured", static_cast<double>(t.packets_measured)),
          ReportLine::named("saturated", t.saturated ? "yes" : "no")};
}

}  // namespace hecaton::io
