// What the dies of a package do that runs execution traces: which files, what is in them, and where the ranks are.
#pragma once

#include <cstdint>
#include <vector>

#include "io/execution/survey.hpp"
#include "io/execution/trace_files.hpp"

namespace hecaton::io {

struct Execution {
  execution::TraceFiles files;
  execution::Survey survey;
  std::vector<std::uint32_t> die_of_rank;  // each once
};

}  // namespace hecaton::io
