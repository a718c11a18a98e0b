#include "io/files/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <random>
#include <system_error>
#include <utility>

#include "io/files/descriptor.hpp"
#include "io/files/durable_file.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view ending = ".part";
constexpr std::size_t random_digits = 16;
// A name may have 255 bytes on most file systems; the temporary one keeps so many of a long name's.
constexpr std::size_t longest_start = 255 - 1 - random_digits - ending.size();

[[noreturn]] void fail(int reason, const fs::path& path) {
  throw std::system_error(reason, std::generic_category(), path.string() + ": cannot be written");
}

std::string start_of(std::string_view name) {
  return fmt::format("{}.", name.substr(0, longest_start));
}

std::uint64_t random_number() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

Descriptor create(const fs::path& path, fs::path& temporary) {
  constexpr int most_tries = 100;    // of 64 random bits one is enough, unless somebody does this on purpose
  constexpr mode_t any_user = 0666;  // less the caller's umask
  for (int i = 0; i < most_tries; ++i) {
    temporary = path.parent_path() /
                fmt::format("{}{:016x}{}", start_of(path.filename().native()), random_number(), ending);
    Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, any_user));
    if (file.is_open() || errno != EEXIST) return file;
  }
  return Descriptor(-1);
}

void write_all(const fs::path& temporary, std::string_view text, const fs::path& path) {
  const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) fail(errno, path);
  while (!text.empty()) {
    const ssize_t written = ::write(file.id(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno, path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  const Descriptor file = create(path_, temporary_);
  if (!file.is_open()) fail(errno, path_);
}

AtomicFile::~AtomicFile() {
  std::error_code ignored;  // a failure has its own reason
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

void AtomicFile::publish() {
  {
    const Descriptor file(::open(temporary_.c_str(), O_RDWR | O_CLOEXEC));
    if (!file.is_open() || ::fsync(file.id()) != 0) fail(errno, path_);
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno, path_);
  temporary_.clear();
  sync_name(path_);
}

void write_atomically(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  write_all(file.temporary(), text, path);
  file.publish();
}

bool is_temporary_name(std::string_view name, std::string_view of) {
  const std::string start = start_of(of);
  if (name.size() != start.size() + random_digits + ending.size()) return false;
  if (!name.starts_with(start) || !name.ends_with(ending)) return false;
  const std::string_view random = name.substr(start.size(), random_digits);
  return random.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void remove_unfinished(const fs::path& path) {
  std::error_code ignored;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (is_temporary_name(entry.path().filename().native(), path.filename().native()) &&
        entry.is_regular_file(ignored))
      fs::remove(entry.path(), ignored);
  }
}

}  // namespace hecaton::io
