#include "io/files/durable_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(int reason, const std::string& action) {
  throw std::system_error(reason, std::generic_category(), action);
}

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : id_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (id_ < 0) fail(errno, "opening " + path.string());
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(id_); }
  int id() const { return id_; }

 private:
  int id_;
};

void sync_to_disk(const fs::path& path, int flags) {
  const Descriptor file(path, flags);
  if (::fsync(file.id()) != 0) fail(errno, "syncing " + path.string());
}

}  // namespace

void reserve_room(const fs::path& path, std::uint64_t bytes) {
  const Descriptor file(path, O_RDWR | O_CREAT);
  if (bytes == 0 || ::fallocate(file.id(), 0, 0, static_cast<off_t>(bytes)) == 0) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS) {
    fail(errno, "reserving " + std::to_string(bytes) + " bytes for " + path.string());
  }
}

void publish(const fs::path& temporary, const fs::path& path) {
  sync_to_disk(temporary, O_RDWR);
  fs::rename(temporary, path);
  sync_name(path);
}

void sync_name(const fs::path& path) {
  const fs::path folder = path.parent_path();
  sync_to_disk(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace hecaton::io
