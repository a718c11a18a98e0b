#include "io/execution/conversion.hpp"
#include "io/execution/execution_trace.pb.h"
#include "io/execution/groups.hpp"
#include "io/execution/message_stream.hpp"
#include "io/execution/metadata.hpp"

namespace hecaton::io::execution {

void add_groups_of_trace(Groups& groups, const std::filesystem::path& file) {
  MessageStream stream(file);
  read_metadata(stream);
  hecaton::execution::Node message;
  while (read_node(stream, message) && message.type() == hecaton::execution::NODE_METADATA) {
    if (!message.has_inputs()) continue;
    add_process_groups(groups, message.inputs().values(), stream.where(),
                       key_of_node(message.id(), message.name()));
  }
}

}  // namespace hecaton::io::execution
