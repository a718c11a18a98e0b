// A folder that one run at a time may keep things in: a lock that ends with the process that holds it,
// however that ends. So a run that goes on waits for the last moments of the one before, and two runs at the
// same time do not remove each other's files. File systems without such locks are believed.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

namespace hecaton::runs {

class FolderClaim {
 public:
  // Nothing if there is no such folder. Waits so long for another run to end; throws std::runtime_error if
  // that does not, or if the folder cannot be opened.
  static std::optional<FolderClaim> take(const std::filesystem::path& folder,
                                         std::chrono::milliseconds patience);

  FolderClaim(FolderClaim&& other) noexcept;
  FolderClaim& operator=(FolderClaim&& other) noexcept;
  ~FolderClaim();

 private:
  explicit FolderClaim(int id) : id_(id) {}

  int id_;  // of the open folder; -1: moved away
};

}  // namespace hecaton::runs
