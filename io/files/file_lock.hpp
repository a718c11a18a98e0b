// A lock file: one process at a time holds it, and the operating system releases it however that process ends.
// While it is held, the file says by whom. It is removed when it is released; one that a killed process left is
// free, and serves the next.
//
// File systems without locks are believed: the lock is then no protection, and why_unprotected() says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "io/files/descriptor.hpp"

namespace hecaton::io {

// Another process holds the lock: "process PID on HOST".
class LockHeld : public std::runtime_error {
 public:
  explicit LockHeld(const std::string& holder);
  // A lock of another host may outlive its process for as long as that host is believed to live.
  bool is_on_this_host() const { return is_on_this_host_; }

 private:
  bool is_on_this_host_;
};

class FileLock {
 public:
  // Waits up to `patience` for another process to release it; then throws LockHeld. Throws std::system_error if
  // the file cannot be made; its folder has to exist.
  explicit FileLock(std::filesystem::path path, std::chrono::milliseconds patience = {});
  FileLock(FileLock&&) noexcept = default;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  // Empty if the file system has locks.
  const std::string& why_unprotected() const { return why_unprotected_; }

 private:
  bool take();  // whether it could be had now

  std::filesystem::path path_;
  Descriptor file_{-1};
  std::string why_unprotected_;
};

// Who holds a lock now, as far as that can be seen without taking it.
struct LockSight {
  enum class Kind : std::uint8_t { free, held, unknown };  // unknown: the file system has no locks
  Kind kind = Kind::free;
  std::string holder;  // "process PID on HOST", if it is held
};
LockSight look_at_lock(const std::filesystem::path& path);

}  // namespace hecaton::io
