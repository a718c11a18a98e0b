// Runs something on hostile input in a process of its own. The HDF5 library can be crashed by a file with a
// few damaged bytes, and nobody can check such a file beforehand without that library.
#pragma once

#include <functional>
#include <string>

namespace hecaton::io {

// The text that `work` returns. An exception of it arrives here as std::runtime_error with the same message;
// so do its death by a signal and running for longer than `most_seconds`. `work` must not use MPI.
std::string isolated(const std::function<std::string()>& work, unsigned most_seconds = 60);

}  // namespace hecaton::io
