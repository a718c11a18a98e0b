// The energy of a run by another table, from the counts in its trace: nothing is simulated again.
#pragma once

#include <filesystem>

#include "io/result/summary.hpp"

namespace hecaton::io {

// The summary of a trace of a training step, its energy by the table in `energies`. The table is TOML as in a
// deck: the keys of [energy], and of [link] and [memory] their energies; a `preset` there stands for its
// energies alone. What it does not name is as in the trace's deck. Both files may be anything: throws
// InputError.
Summary read_summary_at(const std::filesystem::path& trace, const std::filesystem::path& energies);

}  // namespace hecaton::io
