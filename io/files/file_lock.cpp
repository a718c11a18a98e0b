#include "io/files/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>
#include <system_error>
#include <thread>
#include <utility>

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string on_this_host() {
  std::array<char, HOST_NAME_MAX + 1> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return " on an unknown host";
  return fmt::format(" on {}", host.data());
}

// What its holder has written; a few words, whatever the file is.
std::string holder_of(int file) {
  std::array<char, 512> text{};
  const ssize_t bytes = ::pread(file, text.data(), text.size() - 1, 0);
  const std::string words(text.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  return words.empty() ? "another process" : words.substr(0, words.find('\n'));
}

// Whether the opened file still has its name: its last holder may have removed it since it was opened.
bool has_name(int file, const fs::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(file, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

// For people only, so a full disk does not matter.
void write_holder(int file) {
  const std::string text = fmt::format("process {}{}\n", ::getpid(), on_this_host());
  if (::ftruncate(file, 0) == 0 && ::pwrite(file, text.data(), text.size(), 0) < 0) return;
}

}  // namespace

LockHeld::LockHeld(const std::string& holder)
    : std::runtime_error(holder), is_on_this_host_(holder.ends_with(on_this_host())) {}

FileLock::FileLock(fs::path path, std::chrono::milliseconds patience) : path_(std::move(path)) {
  const Clock::time_point end = Clock::now() + patience;
  while (!take()) {
    if (Clock::now() >= end) throw LockHeld(holder_of(file_.id()));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  write_holder(file_.id());
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(why_unprotected_, other.why_unprotected_);
  return *this;
}

// A lock file that stays is held by nobody.
FileLock::~FileLock() {
  if (file_.is_open() && has_name(file_.id(), path_)) static_cast<void>(::unlink(path_.c_str()));
}

// A shared lock for an instant, which no other one that looks is kept from; a run that comes tries again.
LockSight look_at_lock(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) return {};
  if (::flock(file.id(), LOCK_SH | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK) return {LockSight::Kind::held, holder_of(file.id())};
  return {LockSight::Kind::unknown, {}};
}

bool FileLock::take() {
  constexpr mode_t any_user = 0666;  // less the caller's umask
  for (;;) {
    file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, any_user));
    if (!file_.is_open()) throw std::system_error(errno, std::generic_category(), path_.string());
    if (::flock(file_.id(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK || errno == EINTR) return false;
      why_unprotected_ = std::generic_category().message(errno);
      return true;
    }
    if (has_name(file_.id(), path_)) return true;
  }
}

}  // namespace hecaton::io
