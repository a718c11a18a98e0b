// What tests share that stop runs and go on from their checkpoints.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <string>

#include "tests/system/run_deck.hpp"

namespace hecaton::test {

// A folder that all ranks of the test share.
class Folder {
 public:
  Folder() {
    int id = static_cast<int>(::getpid());
    MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD);
    path_ = std::filesystem::temp_directory_path() / fmt::format("hecaton-restart-{}", id);
    if (is_root()) std::filesystem::create_directories(path_);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  // A rank that fails alone does not wait for the others: it is to say why.
  ~Folder() {
    if (std::uncaught_exceptions() > 0) return;
    MPI_Barrier(MPI_COMM_WORLD);
    if (is_root()) std::filesystem::remove_all(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::int64_t end_of_run(const Outcome& run) {
  std::int64_t end = run.totals.simulated_ps;
  MPI_Bcast(&end, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
  return end;
}

}  // namespace hecaton::test
