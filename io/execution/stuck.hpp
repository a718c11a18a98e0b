// Why a window of a graph cannot go on, though not all of its nodes are finished.
#pragma once

#include <string>

#include "core/chiplet/graph/window.hpp"
#include "io/execution/trace_reader.hpp"

namespace hecaton::io::execution {

// None of the window's nodes can begin or has begun, and it is full, or the reader is at its end; the rest of the trace is
// read, if that takes it to know why. Throws InputError, always.
[[noreturn]] void refuse_stuck(const chiplet::graph::Window& window, TraceReader& rest,
                               const std::string& file);

}  // namespace hecaton::io::execution
