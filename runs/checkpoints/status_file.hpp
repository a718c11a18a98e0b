// The file in which a run says how far it is: OUTPUT/.status (io/report/run_status.hpp), complete whenever it has its name.
// Written by rank 0, every two seconds at first and every 20 s in the long run; a run of less than a second writes none.
//
// It goes when the run has ended: then there are results. One that stopped or failed says so in it; one that was killed
// leaves what it said last.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "io/report/run_status.hpp"

namespace hecaton::runs {

inline constexpr const char* status_name = ".status";

class StatusFile {
 public:
  // Of a run in this folder, whose lock it holds. Removes what an earlier run has said.
  StatusFile(const std::filesystem::path& folder, std::string deck, int ranks);
  StatusFile(const StatusFile&) = delete;
  StatusFile& operator=(const StatusFile&) = delete;
  // Without ended() or stopped(): failed.
  ~StatusFile();

  // Cheap when nothing is due. What cannot be written is left out: it is no part of the results.
  void update(const io::ProgressSample& sample);
  void stopped();
  void ended();

 private:
  using Clock = std::chrono::steady_clock;

  void write();

  std::filesystem::path path_;
  io::RunStatus status_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_ + std::chrono::seconds(1);
  bool is_written_ = false;
  bool has_ended_ = false;
};

// What a run has said of itself in this folder; nothing if there is no such file, or another one of that name.
std::optional<io::RunStatus> read_status(const std::filesystem::path& folder);
// Removes it, and what killed writers of it have left.
void remove_status(const std::filesystem::path& folder);

}  // namespace hecaton::runs
