#include "runs/commands/path_of_trace.hpp"

#include "io/files/input_error.hpp"
#include "io/report/message.hpp"

namespace hecaton::runs {

critical::Path path_of_trace(const std::string& trace) {
  try {
    return io::read_critical_path(trace);
  } catch (const io::InputError& error) {
    io::print_warning(error.what());
    return {};
  }
}

}  // namespace hecaton::runs
