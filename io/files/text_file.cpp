#include "io/files/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/files/descriptor.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io {
namespace {

[[noreturn]] void refuse_errno(const Location& where, int error) {
  if (error == ENOENT) throw InputError(where, "", "does not exist", "no such file", "check the path");
  throw InputError(where, "", "cannot be read", std::strerror(error), "check the path and its permissions");
}

void check_is_small_file(int fd, const Location& where, std::string_view what, std::size_t largest) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) refuse_errno(where, errno);
  if (S_ISDIR(info.st_mode)) {
    throw InputError(where, "", "is a directory", fmt::format("{} is a file", what), "name a file in it");
  }
  if (!S_ISREG(info.st_mode)) {
    throw InputError(where, "", "is not a regular file", fmt::format("{} is a text file", what),
                     "copy it into one");
  }
  if (info.st_size > static_cast<off_t>(largest)) {
    throw InputError(where, "", "is too large",
                     fmt::format("{} bytes; {} has at most {}", info.st_size, what, largest),
                     fmt::format("check that it is {}", what));
  }
}

// Bounded whatever fstat said, because a file may grow while it is read.
std::string read_all(int fd, const Location& where, std::string_view what, std::size_t largest) {
  std::string text;
  char block[65536];
  for (;;) {
    const ssize_t got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse_errno(where, errno);
    if (got == 0) return text;
    text.append(block, static_cast<std::size_t>(got));
    if (text.size() > largest) {
      throw InputError(where, "", "is too large", fmt::format("more than {} bytes", largest),
                       fmt::format("check that it is {}", what));
    }
  }
}

}  // namespace

std::string read_text_file(const std::filesystem::path& path, std::string_view what, std::size_t largest) {
  const Location where{path.string()};
  // Without O_NONBLOCK a pipe would be waited for before it could be refused.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) refuse_errno(where, errno);
  check_is_small_file(file.id(), where, what, largest);
  return read_all(file.id(), where, what, largest);
}

}  // namespace hecaton::io
