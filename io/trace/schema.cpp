#include "io/trace/schema.hpp"

namespace hecaton::io {

TraceTable<DieRow> die_table() {
  return trace_table<DieRow>("dies", "One row per compute die, in the order of the dies");
}

TraceTable<chiplet::OperationRow> operation_table() {
  return trace_table<chiplet::OperationRow>("operations",
                                            "One row per finished operation, by die and then by time");
}

TraceTable<LinkRow> link_table() {
  return trace_table<LinkRow>("links", "One row per directed link, by (from, to)");
}

TraceTable<StallRow> stall_table() {
  return trace_table<StallRow>("stalls", "One row per directed link, by (from, to): why it was idle");
}

TraceTable<MessageRow> message_table() {
  return trace_table<MessageRow>("messages",
                                 "One row per message, by the node that sent it and then by hand-over");
}

TraceTable<chiplet::PhaseRow> phase_table() {
  return trace_table<chiplet::PhaseRow>(
      "marks",
      "One row for each time that a die's program enters a pass, layer or mini-batch, by die and time");
}

TraceTable<chiplet::WaitRow> wait_table() {
  return trace_table<chiplet::WaitRow>("waits", "One row per wait of a program, by die and then by time");
}

}  // namespace hecaton::io
