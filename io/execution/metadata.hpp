// The two kinds of messages of a trace, from its stream: the metadata at its beginning, then nodes.
#pragma once

#include <cstdint>
#include <string>

#include "io/execution/message_stream.hpp"

namespace hecaton::execution {
class Node;
}  // namespace hecaton::execution

namespace hecaton::io::execution {

struct Metadata {
  std::string version;  // of the schema, as the trace says
  std::uint64_t unknown_fields = 0;
};

// The first message. Throws InputError for a file that holds none, or begins with something else.
Metadata read_metadata(MessageStream& stream);

// Any other; false at the end of the file. Throws InputError for what is no node.
bool read_node(MessageStream& stream, hecaton::execution::Node& message);

}  // namespace hecaton::io::execution
