// A summary, as it lies in a JSON file and, without a checksum of its own, in a trace: refused in words, or read and
// written so that it reads back the same.
#include "io/result/summary.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

#include "io/files/input_error.hpp"

namespace {

using hecaton::io::InputError;
using hecaton::io::Summary;

void expect_round_trip(const Summary& summary) {
  const std::string text = hecaton::io::to_json(summary);
  if (hecaton::io::to_json(hecaton::io::summary_from_json(text, "written")) != text) std::abort();
}

template <class Read>
void try_to(Read&& read) {
  Summary summary;
  try {
    summary = read();
  } catch (const InputError&) {
    return;
  }
  expect_round_trip(summary);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_to([&] { return hecaton::io::summary_from_json(text, "summary.json"); });
  try_to([&] { return hecaton::io::summary_from_parts(text, text, "trace.h5"); });
  return 0;
}
