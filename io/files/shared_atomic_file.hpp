// An AtomicFile that all ranks write: rank 0 makes, publishes and removes it, the others learn its temporary name.
// All functions are collective; a failure of rank 0 is a std::runtime_error on every rank.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <filesystem>
#include <optional>

#include "io/files/atomic_file.hpp"

namespace hecaton::io {

class SharedAtomicFile {
 public:
  SharedAtomicFile(const std::filesystem::path& path, const boost::mpi::communicator& comm);

  const std::filesystem::path& temporary() const { return temporary_; }
  void publish();

 private:
  const boost::mpi::communicator& comm_;
  std::optional<AtomicFile> file_;  // on rank 0
  std::filesystem::path temporary_;
};

}  // namespace hecaton::io
