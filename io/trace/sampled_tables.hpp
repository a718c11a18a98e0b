// The tables of a sampled step in a trace: /strata, with the name of each, and /segments, in the order of execution.
// A trace of a step that was simulated whole has neither.
#pragma once

#include <cstdint>

#include "io/files/hdf5_file.hpp"
#include "io/result/run_result.hpp"

namespace hecaton::io {

// Serial.
void write_sampled_tables(const hdf5::Handle& file, const SampledRows& rows);

// What they take in a file.
std::uint64_t sampled_bytes(const SampledRows& rows);

}  // namespace hecaton::io
