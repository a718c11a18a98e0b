// The input files of ASTRA-sim's analytical simulator: a network (YAML), a system and a remote memory (JSON), in the part that a
// ring of dies can stand for (astra-sim.github.io/astra-sim-docs; github.com/astra-sim/astra-sim at 518bd51).
//
// - network: one dimension, `topology: [ Ring ]`, with npus_count, bandwidth (GB/s of 2^30 bytes, each way) and latency (ns).
// - system: endpoint-delay (ns), preferred-dataset-splits, local-mem-bw (GB/s), roofline-enabled, peak-perf (TFLOPS),
//   collectives by "ring"; one active chunk per dimension. scheduling-policy and collective-optimization say nothing about one
//   dimension and one chunk at a time.
// - remote memory: memory-type "NO_MEMORY_EXPANSION".
//
// Any other key or value is refused by name: it would mean something that is not simulated.
#pragma once

#include <cstdint>
#include <filesystem>

namespace hecaton::io::execution {

struct AstraNetwork {
  std::uint32_t ranks = 0;
  double bandwidth_GBps = 0;  // GB of 2^30 bytes
  double latency_ns = 0;
};

struct AstraSystem {
  double endpoint_delay_ns = 0;
  std::uint32_t splits = 1;  // of a collective, which run one after the other
  double local_GBps = 0;
  bool roofline = false;   // else computations take what was recorded
  double peak_TFLOPS = 0;  // 0: not said
};

// All throw InputError, with line and column where the file has them.
AstraNetwork read_astra_network(const std::filesystem::path& yaml);
AstraSystem read_astra_system(const std::filesystem::path& json);
void check_astra_memory(const std::filesystem::path& json);

}  // namespace hecaton::io::execution
