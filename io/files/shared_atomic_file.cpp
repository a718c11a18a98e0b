#include "io/files/shared_atomic_file.hpp"

#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <string>

#include "io/files/shared_failure.hpp"

namespace hecaton::io {

SharedAtomicFile::SharedAtomicFile(const std::filesystem::path& path, const boost::mpi::communicator& comm)
    : comm_(comm) {
  on_root(comm, [&] { file_.emplace(path); });
  std::string name = file_ ? file_->temporary().string() : std::string();
  boost::mpi::broadcast(comm, name, 0);
  temporary_ = name;
}

void SharedAtomicFile::publish() {
  on_root(comm_, [&] { file_->publish(); });
}

}  // namespace hecaton::io
