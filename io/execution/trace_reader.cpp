#include "io/execution/trace_reader.hpp"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include "io/execution/conversion.hpp"
#include "io/execution/execution_trace.pb.h"
#include "io/execution/message_stream.hpp"
#include "io/execution/metadata.hpp"

namespace hecaton::io::execution {

struct TraceReader::Reading {
  using Reflection = google::protobuf::Reflection;

  // Asked for once: a message asked for its own looks for it by way of locks.
  struct UnknownFields {
    const Reflection& node = *hecaton::execution::Node::default_instance().GetReflection();
    const Reflection& attribute = *hecaton::execution::Attribute::default_instance().GetReflection();
    const Reflection& values = *hecaton::execution::Values::default_instance().GetReflection();

    std::uint64_t of(const hecaton::execution::Node& message) const {
      int count = node.GetUnknownFields(message).field_count();
      for (const auto& one : message.attributes()) count += attribute.GetUnknownFields(one).field_count();
      if (message.has_inputs()) count += values.GetUnknownFields(message.inputs()).field_count();
      return static_cast<std::uint64_t>(count);
    }
  };

  MessageStream stream;
  Conversion conversion;
  Metadata metadata;
  hecaton::execution::Node message;  // used again and again, with what it has allocated
  UnknownFields unknown;
  std::uint64_t nodes = 0;
  std::uint64_t unknown_fields = 0;

  Reading(const std::filesystem::path& file, std::uint32_t rank, std::uint32_t ranks, const Groups& groups)
      : stream(file),
        conversion(file.string(), rank, ranks, groups),
        metadata(read_metadata(stream)),
        unknown_fields(metadata.unknown_fields) {}
};

TraceReader::TraceReader(const std::filesystem::path& file, std::uint32_t rank, std::uint32_t ranks,
                         const Groups& groups)
    : reading_(std::make_unique<Reading>(file, rank, ranks, groups)) {}
TraceReader::TraceReader(TraceReader&&) noexcept = default;
TraceReader& TraceReader::operator=(TraceReader&&) noexcept = default;
TraceReader::~TraceReader() = default;

std::optional<chiplet::graph::Node> TraceReader::next() {
  if (!read_node(reading_->stream, reading_->message)) return std::nullopt;
  reading_->unknown_fields += reading_->unknown.of(reading_->message);
  ++reading_->nodes;
  return reading_->conversion(reading_->message);
}

std::uint64_t TraceReader::nodes() const {
  return reading_->nodes;
}
std::uint64_t TraceReader::unknown_fields() const {
  return reading_->unknown_fields;
}
const std::string& TraceReader::version() const {
  return reading_->metadata.version;
}

}  // namespace hecaton::io::execution
