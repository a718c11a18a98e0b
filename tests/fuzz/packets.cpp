// A trace of packets to be replayed: refused in words, or packets between dies of the package.
#include <cstdlib>

#include "io/deck/workloads/traffic_trace.hpp"
#include "io/files/input_error.hpp"
#include "tests/fuzz/input_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hecaton::fuzz::InputFile file("packets.csv");
  hecaton::net::PackageConfig package;
  package.rows = 3;
  package.columns = 4;
  try {
    for (const auto& packet : hecaton::io::read_traffic_trace(file.with({data, size}), package))
      if (packet.source >= 12 || packet.destination >= 12 || packet.bytes == 0 || packet.time_ps < 0)
        std::abort();
  } catch (const hecaton::io::InputError&) {
  }
  return 0;
}
