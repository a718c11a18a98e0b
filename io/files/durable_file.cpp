#include "io/files/durable_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

#include "io/files/descriptor.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(int reason, const std::string& action) {
  throw std::system_error(reason, std::generic_category(), action);
}

bool is_unsupported(int reason) {
  return reason == EINVAL || reason == ENOSYS || reason == EOPNOTSUPP || reason == EBADF;
}

// 0 if it is done. A folder that may be written but not read cannot be opened, and so not synced either.
int sync_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open()) return errno == EACCES ? EOPNOTSUPP : errno;
  return ::fsync(opened.id()) == 0 ? 0 : errno;
}

}  // namespace

void reserve_room(const fs::path& path, std::uint64_t bytes) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open()) fail(errno, "opening " + path.string());
  if (bytes == 0 || ::fallocate(file.id(), 0, 0, static_cast<off_t>(bytes)) == 0) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS) {
    fail(errno, "reserving " + std::to_string(bytes) + " bytes for " + path.string());
  }
}

void sync_name(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const int reason = sync_folder(folder);
  if (reason != 0 && !is_unsupported(reason)) fail(reason, "syncing " + folder.string());
}

std::string why_unsynced(const fs::path& folder) {
  const int reason = sync_folder(folder);
  return reason == 0 ? std::string() : std::generic_category().message(reason);
}

}  // namespace hecaton::io
