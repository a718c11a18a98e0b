#include "io/execution/metadata.hpp"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include "io/execution/execution_trace.pb.h"
#include "io/files/input_error.hpp"

namespace hecaton::io::execution {
namespace {

bool parsed(google::protobuf::Message& message, std::string_view bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

Metadata read_metadata(MessageStream& stream) {
  const auto bytes = stream.next();
  if (!bytes)
    throw InputError(stream.where(), "", "holds no trace", "the file is empty", "write the trace anew");
  hecaton::execution::Metadata message;
  const bool sound = parsed(message, *bytes);
  // A node has numbers where metadata have a version.
  bool is_node = false;
  const auto& unknown = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; sound && i < unknown.field_count(); ++i)
    is_node = is_node || unknown.field(i).number() <= 2;
  if (!sound || is_node) {
    throw InputError(stream.where(), stream.place(), "is not the beginning of an execution trace",
                     is_node ? "the metadata are missing, as before schema 0.0.4" : "no metadata can be read",
                     "write the trace anew with Chakra's schema 0.0.4 or later");
  }
  return {message.version(), static_cast<std::uint64_t>(unknown.field_count())};
}

bool read_node(MessageStream& stream, hecaton::execution::Node& message) {
  const auto bytes = stream.next();
  if (!bytes) return false;
  if (!parsed(message, *bytes)) {
    throw InputError(stream.where(), stream.place(), "is no node of an execution trace",
                     "its fields are not those of Chakra's schema 0.0.4 or later",
                     "copy or write the file anew");
  }
  return true;
}

}  // namespace hecaton::io::execution
