#include "io/execution/message_stream.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "io/files/descriptor.hpp"

namespace hecaton::io::execution {
namespace {

constexpr std::size_t usual_buffer_bytes = std::size_t{256} << 10U;
constexpr std::size_t longest_length = 5;  // bytes of a varint of 32 bits
constexpr std::string_view copy_again = "copy or write the file anew";
constexpr std::string_view check_it = "check that it is an execution trace";

[[noreturn]] void refuse_trace_file(const Location& where, int error) {
  if (error == ENOENT) throw InputError(where, "", "does not exist", "no such file", "check the path");
  throw InputError(where, "", "cannot be read", std::strerror(error), "check the path and its permissions");
}

gzFile open_trace_file(const Location& where) {
  // Without O_NONBLOCK a pipe would be waited for before it could be refused.
  const Descriptor file(::open(where.source.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (!file.is_open() || ::fstat(file.id(), &info) != 0) refuse_trace_file(where, errno);
  if (!S_ISREG(info.st_mode)) {
    throw InputError(where, "", S_ISDIR(info.st_mode) ? "is a directory" : "is not a regular file",
                     "an execution trace is a file for each rank", "name such a file");
  }
  const int own = ::dup(file.id());  // which zlib closes
  if (own < 0) refuse_trace_file(where, errno);
  gzFile in = gzdopen(own, "rb");
  if (in == nullptr) {
    static_cast<void>(::close(own));
    refuse_trace_file(where, ENOMEM);
  }
  return in;
}

}  // namespace

void MessageStream::Close::operator()(gzFile_s* file) const {
  static_cast<void>(gzclose_r(file));  // what is wrong with the file has been said when it was read
}

MessageStream::MessageStream(const std::filesystem::path& file)
    : file_(file.string()), in_(open_trace_file({file_})), buffer_(usual_buffer_bytes) {
  packed_ = gzdirect(in_.get()) == 0;
}

std::string MessageStream::place() const {
  return fmt::format("byte {}{}", message_at_, packed_ ? " of what is unpacked" : "");
}

void MessageStream::refuse(std::string_view problem, std::string_view why, std::string_view help) const {
  throw InputError(where(), place(), problem, why, help);
}

// Whether so many bytes are there to be given out, as far as the file has them.
bool MessageStream::fill(std::size_t bytes) {
  if (end_ - begin_ >= bytes) return true;
  const bool too_large = buffer_.size() > usual_buffer_bytes && bytes <= usual_buffer_bytes;
  if (bytes > buffer_.size() || (too_large && end_ - begin_ <= usual_buffer_bytes)) {
    std::vector<char> other(std::max(bytes, usual_buffer_bytes));
    std::copy(buffer_.data() + begin_, buffer_.data() + end_, other.data());
    buffer_ = std::move(other);
  } else {
    std::copy(buffer_.data() + begin_, buffer_.data() + end_, buffer_.data());
  }
  end_ -= std::exchange(begin_, 0);
  while (end_ < bytes) {
    const int got = gzread(in_.get(), buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
    int error = Z_OK;
    const std::string_view reason = gzerror(in_.get(), &error);
    if (got > 0) {
      end_ += static_cast<std::size_t>(got);
      continue;
    }
    if (error == Z_BUF_ERROR)
      refuse("ends in the middle of what gzip has packed", "the file is cut off", copy_again);
    if (got < 0 && error == Z_ERRNO) refuse("cannot be read", std::strerror(errno), "check the file system");
    if (got < 0) refuse("cannot be unpacked", reason, copy_again);
    return false;
  }
  return true;
}

// Nothing at the end of the file.
std::optional<std::size_t> MessageStream::length() {
  std::uint64_t value = 0;
  for (std::size_t byte = 0; byte < longest_length; ++byte) {
    if (!fill(byte + 1)) {
      if (byte == 0) return std::nullopt;
      refuse("ends in the middle of the length of a message", "the file is cut off", copy_again);
    }
    const auto digit = static_cast<unsigned char>(buffer_[begin_ + byte]);
    value |= std::uint64_t{digit & 0x7fU} << (7U * byte);
    if (digit < 0x80) {
      begin_ += byte + 1;
      at_ += byte + 1;
      return value;
    }
  }
  return largest_message_bytes + 1;
}

std::optional<std::string_view> MessageStream::next() {
  message_at_ = at_;
  const std::optional<std::size_t> bytes = length();
  if (!bytes) return std::nullopt;
  if (*bytes > largest_message_bytes)
    refuse("is no message", fmt::format("one has at most {} bytes", largest_message_bytes), check_it);
  if (!fill(*bytes)) {
    refuse("ends in the middle of a message",
           fmt::format("{} of its {} bytes are there", end_ - begin_, *bytes), copy_again);
  }
  const std::string_view message(buffer_.data() + begin_, *bytes);
  begin_ += *bytes;
  at_ += *bytes;
  return message;
}

}  // namespace hecaton::io::execution
