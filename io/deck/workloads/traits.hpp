// What a kind of workload asks of the package, as far as keys, checks and commands need to know.
#pragma once

namespace hecaton::io {

struct WorkloadTraits {
  bool runs_programs = false;     // dies run programs, whose messages are cut into packets
  bool computes = false;          // these compute, and use the DRAM behind IO dies
  bool allows_dead_dies = false;  // the package may have dies that do not work
  bool can_be_sampled = false;    // they are steps of a model, which repeat themselves
  bool can_be_verified = false;   // what it computes can be compared with a dense reference
};

}  // namespace hecaton::io
