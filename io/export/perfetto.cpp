#include <fmt/format.h>

#include <limits>

#include "io/export/timeline.hpp"
#include "io/export/wire.hpp"

namespace hecaton::io {
namespace {

// Numbers of the fields in Perfetto's public .proto files.
namespace trace {
constexpr std::uint32_t packet = 1;
}
namespace packet {
constexpr std::uint32_t timestamp = 8, sequence = 10, track_event = 11, interned_data = 12,
                        sequence_flags = 13, track_descriptor = 60;
}
namespace track {
constexpr std::uint32_t uuid = 1, name = 2, process = 3, parent = 5, counter = 8, child_ordering = 11,
                        rank = 12;
constexpr std::uint64_t explicit_ordering = 3;
}  // namespace track
namespace process {
constexpr std::uint32_t pid = 1, name = 6;
}
namespace counter {
constexpr std::uint32_t unit_name = 6;
}
namespace event {
constexpr std::uint32_t category = 3, annotation = 4, type = 9, name = 10, track = 11, counter_value = 30,
                        flow = 47, ending_flow = 48;
constexpr std::uint64_t slice_begin = 1, slice_end = 2, instant = 3, counter = 4;
}  // namespace event
namespace annotation {
constexpr std::uint32_t name = 1, unsigned_value = 3, integer_value = 4, interned_text = 17;
}
namespace interned {
constexpr std::uint32_t categories = 1, event_names = 2, annotation_names = 3, annotation_texts = 29;
constexpr std::uint32_t id = 1, text = 2;  // of each entry
}  // namespace interned

constexpr std::uint64_t sequence = 1;
constexpr std::uint64_t starts_afresh = 1, needs_names = 2;
constexpr std::uint64_t first_lane = std::uint64_t{1} << 32U;  // identifiers below are those of rows
constexpr std::int64_t ps_per_ns = 1000;

// Names of arguments, by number from 1. The kind is an argument of its own beside the name of the slice.
enum class Argument : std::uint8_t {
  kind,
  stage,
  layer,
  minibatch,
  bytes,
  macs,
  start,
  duration,
  time,
  from,
  to,
  hops,
  handed_over,
  waited
};
constexpr auto enum_names(std::type_identity<Argument>) {
  using enum Argument;
  return named<Argument>({{kind, "kind"},
                          {stage, "stage"},
                          {layer, "layer"},
                          {minibatch, "mini-batch"},
                          {bytes, "bytes"},
                          {macs, "macs"},
                          {start, "start_ps"},
                          {duration, "duration_ps"},
                          {time, "time_ps"},
                          {from, "from"},
                          {to, "to"},
                          {hops, "hops"},
                          {handed_over, "handed_over_ps"},
                          {waited, "waited_ps"}});
}

// Interned entries are numbered from 1.
template <class Enum>
std::uint64_t id_of(Enum value) {
  return static_cast<std::uint64_t>(value) + 1;
}
constexpr std::uint64_t stages = names_of<chiplet::Stage>().size();
constexpr std::uint64_t kinds = names_of<chiplet::OperationKind>().size();
std::uint64_t name_id(chiplet::OperationKind kind, chiplet::Stage stage) {
  return static_cast<std::uint64_t>(kind) * stages + id_of(stage);
}
std::uint64_t kind_text(chiplet::OperationKind kind) {
  return id_of(kind);
}
std::uint64_t stage_text(chiplet::Stage stage) {
  return kinds + id_of(stage);
}
// Beyond those of slices.
std::uint64_t message_name(bool arrives) {
  return kinds * stages + (arrives ? 2 : 1);
}
constexpr std::uint64_t message_category = names_of<Engine>().size() + 1;

void add_packet(Output& output, const WireMessage& content) {
  output.add(WireMessage().message(trace::packet, content).bytes());
}

void add_interned(WireMessage& data, std::uint32_t field, std::uint64_t id, std::string_view text) {
  data.message(field, WireMessage().number(interned::id, id).text(interned::text, text));
}

WireMessage all_names() {
  WireMessage data;
  for (const Engine engine : values_of<Engine>())
    add_interned(data, interned::categories, id_of(engine), name_of(engine));
  add_interned(data, interned::categories, message_category, "message");
  for (const Argument argument : values_of<Argument>())
    add_interned(data, interned::annotation_names, id_of(argument), name_of(argument));
  for (const chiplet::OperationKind kind : values_of<chiplet::OperationKind>()) {
    add_interned(data, interned::annotation_texts, kind_text(kind), name_of(kind));
    for (const chiplet::Stage stage : values_of<chiplet::Stage>())
      add_interned(data, interned::event_names, name_id(kind, stage), slice_name(kind, stage));
  }
  for (const chiplet::Stage stage : values_of<chiplet::Stage>())
    add_interned(data, interned::annotation_texts, stage_text(stage), name_of(stage));
  for (const bool arrives : {false, true})
    add_interned(data, interned::event_names, message_name(arrives),
                 arrives ? "message arrives" : "message leaves");
  return data;
}

WireMessage argument(Argument name, std::uint32_t kind_of_value, std::uint64_t value) {
  return std::move(WireMessage().number(annotation::name, id_of(name)).number(kind_of_value, value));
}

void add(WireMessage& to, Argument name, std::uint32_t kind_of_value, std::uint64_t value) {
  to.message(event::annotation, argument(name, kind_of_value, value));
}

WireMessage end_of(const MessageEnd& end, std::uint64_t track) {
  const MessageRow& row = end.message;
  WireMessage instant;
  instant.number(event::category, message_category);
  const std::pair<Argument, std::int64_t> arguments[] = {
      {Argument::from, row.from},       {Argument::to, row.to},
      {Argument::bytes, row.bytes},     {Argument::hops, row.hops},
      {Argument::time, end.time_ps},    {Argument::handed_over, row.handed_over_ps},
      {Argument::waited, row.waited_ps}};
  for (const auto& [name, value] : arguments)
    add(instant, name, annotation::integer_value, static_cast<std::uint64_t>(value));
  instant.number(event::type, event::instant)
      .number(event::name, message_name(end.arrives))
      .number(event::track, track)
      .fixed(end.arrives ? event::ending_flow : event::flow, end.number);
  return instant;
}

WireMessage begin_of(const chiplet::OperationRow& row, Engine engine, std::uint64_t track) {
  using enum Argument;
  WireMessage begin;
  begin.number(event::category, id_of(engine));
  add(begin, kind, annotation::interned_text, kind_text(row.kind));
  add(begin, stage, annotation::interned_text, stage_text(row.stage));
  add(begin, layer, annotation::integer_value, static_cast<std::uint64_t>(std::int64_t{row.layer}));
  add(begin, minibatch, annotation::integer_value, static_cast<std::uint64_t>(std::int64_t{row.minibatch}));
  add(begin, bytes, annotation::unsigned_value, row.bytes);
  if (row.macs > 0) add(begin, macs, annotation::unsigned_value, row.macs);
  add(begin, start, annotation::unsigned_value, static_cast<std::uint64_t>(row.start_ps));
  add(begin, duration, annotation::unsigned_value, static_cast<std::uint64_t>(row.end_ps - row.start_ps));
  begin.number(event::type, event::slice_begin)
      .number(event::name, name_id(row.kind, row.stage))
      .number(event::track, track);
  return begin;
}

void add_event(Output& output, std::int64_t time_ps, const WireMessage& content) {
  WireMessage each;
  each.number(packet::timestamp, static_cast<std::uint64_t>(time_ps / ps_per_ns))
      .number(packet::sequence, sequence)
      .message(packet::track_event, content)
      .number(packet::sequence_flags, needs_names);
  add_packet(output, each);
}

void add_track(Output& output, const WireMessage& content) {
  add_packet(output,
             WireMessage().number(packet::sequence, sequence).message(packet::track_descriptor, content));
}

}  // namespace

PerfettoWriter::PerfettoWriter(Output& output) : output_(output) {
  WireMessage first;
  first.number(packet::sequence, sequence)
      .message(packet::interned_data, all_names())
      .number(packet::sequence_flags, starts_afresh | needs_names);
  add_packet(output_, first);
}

void PerfettoWriter::add_process(std::uint32_t process, std::string_view name) {
  WireMessage described;
  described.number(process::pid, process).text(process::name, name);
  WireMessage content;
  content.number(track::uuid, process)
      .message(track::process, described)
      .number(track::child_ordering, track::explicit_ordering);
  add_track(output_, content);
}

void PerfettoWriter::add_row(std::uint32_t row) {
  add_process(row + 1, fmt::format("row {}", row));
}

void PerfettoWriter::add_group(std::uint32_t process, NetworkGroup group) {
  add_process(process, name_of(group));
}

// Of this name in this process, with a rank behind those before it. (The rank is a signed number of 32 bits; more tracks
// than that would be a file of terabytes.)
WireMessage PerfettoWriter::next_track(std::uint32_t process, std::string_view name) {
  const std::uint64_t rank = tracks_++;
  WireMessage content;
  content.number(track::uuid, first_lane + rank)
      .text(track::name, name)
      .number(track::parent, process)
      .number(track::rank, rank);
  return content;
}

void PerfettoWriter::add_counter(std::uint32_t process, const CounterTrack& counter) {
  WireMessage content = next_track(process, counter.name);
  const std::uint64_t id = first_lane + tracks_ - 1;
  content.message(track::counter,
                  WireMessage().text(counter::unit_name, fmt::format("ps busy of {} ps", counter.bin_ps)));
  add_track(output_, content);
  for (const CounterSample& sample : counter.samples) {
    WireMessage value;
    value.number(event::type, event::counter)
        .number(event::track, id)
        .number(event::counter_value, sample.busy_ps);
    add_event(output_, sample.time_ps, value);
  }
}

void PerfettoWriter::add_messages(std::uint32_t process, const MessageTrack& messages) {
  add_track(output_, next_track(process, messages.name));
  const std::uint64_t id = first_lane + tracks_ - 1;
  for (const MessageEnd& end : messages.ends) add_event(output_, end.time_ps, end_of(end, id));
}

void PerfettoWriter::add_lane(std::uint32_t row, std::uint32_t die, const Lane& lane) {
  add_track(output_, next_track(row + 1, lane_name(die, lane)));
  const std::uint64_t id = first_lane + tracks_ - 1;
  const WireMessage end = [&] {
    WireMessage message;
    message.number(event::type, event::slice_end).number(event::track, id);
    return message;
  }();
  for (const chiplet::OperationRow& each : lane.slices) {
    add_event(output_, each.start_ps, begin_of(each, lane.engine, id));
    add_event(output_, each.end_ps, end);
  }
}

}  // namespace hecaton::io
