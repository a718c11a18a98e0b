#include "io/export/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace hecaton::io {
namespace {

constexpr std::size_t buffer_bytes = 1U << 20U;

[[noreturn]] void fail(const std::string& name) {
  throw std::system_error(errno, std::generic_category(), "writing " + name);
}

}  // namespace

Output::Output(const std::filesystem::path& path)
    : name_(path.string()), file_(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC)) {
  if (!file_.is_open()) fail(name_);
}

void Output::add(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= buffer_bytes) write_out();
}

void Output::finish() {
  write_out();
}

void Output::write_out() {
  for (std::size_t done = 0; done < buffer_.size();) {
    const ssize_t written = ::write(file_.id(), buffer_.data() + done, buffer_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(name_);
    done += static_cast<std::size_t>(written);
  }
  buffer_.clear();
}

}  // namespace hecaton::io
