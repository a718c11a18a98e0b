// A trace: refused in words, or read. A child process reads it, since the HDF5 library can be crashed by a file; what
// is looked for here is what becomes of that: no crash of ours, no other error.
#include "io/files/input_error.hpp"
#include "io/trace/result_set.hpp"
#include "tests/fuzz/input_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hecaton::fuzz::InputFile file("trace.h5");
  try {
    static_cast<void>(hecaton::io::read_result(file.with({data, size})));
  } catch (const hecaton::io::InputError&) {
  }
  return 0;
}
