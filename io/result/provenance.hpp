// What varies from run to run and so may stand only under /provenance of a trace: who ran what, where, when,
// with which libraries.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hecaton::io {

struct Provenance {
  std::string command_line;
  std::string partition;           // the partitioner's name
  std::string date;                // start of the call, UTC, ISO 8601
  std::string folder;              // the working directory
  std::vector<std::string> hosts;  // of each rank; on rank 0 only
  // Libraries and build as (name, value): "mpi", "hdf5", "compiler".
  std::vector<std::pair<std::string, std::string>> software;
};

// Collective. Looks at no environment variables: a cluster's environment holds secrets.
Provenance collect_provenance(std::string command_line, std::string partition,
                              const boost::mpi::communicator& comm);

// The arguments as a shell would take them back.
std::string join_command_line(std::span<const char* const> arguments);

}  // namespace hecaton::io
