#include "runs/checkpoints/folder_claim.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// The run before may have removed it, when it had ended.
bool is_still(const fs::path& folder, int id) {
  struct stat opened {
  }, named{};
  return ::fstat(id, &opened) == 0 && ::stat(folder.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

}  // namespace

std::optional<FolderClaim> FolderClaim::take(const fs::path& folder, std::chrono::milliseconds patience) {
  const int id = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (id < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (id < 0) throw std::system_error(errno, std::generic_category(), folder.string());
  FolderClaim claim(id);
  const Clock::time_point end = Clock::now() + patience;
  while (::flock(id, LOCK_EX | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
    if (Clock::now() >= end)
      throw std::runtime_error("another run keeps its checkpoints there and has not ended");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (!is_still(folder, id)) return std::nullopt;
  return claim;
}

FolderClaim::FolderClaim(FolderClaim&& other) noexcept : id_(std::exchange(other.id_, -1)) {}

FolderClaim& FolderClaim::operator=(FolderClaim&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}

FolderClaim::~FolderClaim() {
  if (id_ >= 0) ::close(id_);
}

}  // namespace hecaton::runs
