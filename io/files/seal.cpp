#include "io/files/seal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "io/files/descriptor.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view beginning = "\nhecaton seal 1 ";
constexpr std::size_t digits = 16, whole_seal = beginning.size() + digits + 1;
constexpr std::size_t block_bytes = 1U << 20U;

[[noreturn]] void fail(const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

Descriptor open_or_fail(const fs::path& path, int mode) {
  Descriptor file(::open(path.c_str(), mode | O_CLOEXEC));
  if (!file.is_open()) fail(path);
  return file;
}

// Fewer bytes than asked for only at the end of the file.
std::size_t read_at(const Descriptor& file, std::uint64_t at, char* into, std::size_t bytes,
                    const fs::path& path) {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got = ::pread(file.id(), into + done, bytes - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

// Each step can be undone, so a single word that differs always makes another sum.
std::uint64_t add_words(std::uint64_t sum, const char* words, std::size_t bytes) {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;
  for (std::size_t at = 0; at < bytes; at += sizeof sum) {
    std::uint64_t word = 0;
    std::memcpy(&word, words + at, sizeof word);
    sum = std::rotl((sum ^ word) * odd, 29);
  }
  return sum;
}

std::uint64_t size_of(const Descriptor& file, const fs::path& path) {
  struct stat info {};
  if (::fstat(file.id(), &info) != 0) fail(path);
  return static_cast<std::uint64_t>(info.st_size);
}

// The seal of a file of so many bytes.
std::string seal_of(const Descriptor& file, std::uint64_t bytes, const fs::path& path) {
  std::vector<char> block(block_bytes + sizeof(std::uint64_t));
  std::uint64_t sum = bytes;
  for (std::uint64_t at = 0; at < bytes; at += block_bytes) {
    const std::size_t wanted = std::min<std::uint64_t>(block_bytes, bytes - at);
    std::size_t got = read_at(file, at, block.data(), wanted, path);
    while (got % sizeof sum != 0) block[got++] = 0;
    sum = add_words(sum, block.data(), got);
  }
  return fmt::format("{}{:016x}\n", beginning, sum);
}

// Whether a text ends in the middle of a seal.
bool ends_within_seal(std::string_view text) {
  constexpr std::size_t certain = 5;  // so many characters are there by chance once in 10^12 files
  if (text.find(beginning) != std::string_view::npos) return true;
  for (std::size_t some = certain; some < beginning.size(); ++some)
    if (text.ends_with(beginning.substr(0, some))) return true;
  return false;
}

}  // namespace

void seal(const fs::path& path) {
  const Descriptor file = open_or_fail(path, O_RDWR);
  const std::uint64_t size = size_of(file, path);
  const std::string whole = seal_of(file, size, path);
  std::string_view text = whole;
  for (std::uint64_t at = size; !text.empty();) {
    const ssize_t written = ::pwrite(file.id(), text.data(), text.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path);
    at += static_cast<std::uint64_t>(written);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void expect_unchanged(const fs::path& path) {
  const Descriptor file = open_or_fail(path, O_RDONLY);
  const std::uint64_t size = size_of(file, path);
  std::string end(std::min<std::uint64_t>(size, whole_seal), '\0');
  end.resize(read_at(file, size - end.size(), end.data(), end.size(), path));
  if (!ends_within_seal(end)) return;
  if (end.size() == whole_seal && end == seal_of(file, size - whole_seal, path)) return;
  throw std::runtime_error(
      "its checksum is not that of its contents: it was changed or damaged since it was written");
}

std::uint64_t checksum_of_cells(std::span<const std::byte> cells, std::size_t cell_bytes,
                                std::uint64_t first_row) {
  constexpr std::uint64_t of_row = 0x9E3779B97F4A7C15U, odd = 0xBF58476D1CE4E5B9U,
                          other_odd = 0x94D049BB133111EBU;
  std::uint64_t sum = 0, row = first_row;
  for (std::size_t at = 0; at < cells.size(); at += cell_bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, cells.data() + at, cell_bytes);
    value = (value ^ (++row * of_row)) * odd;
    sum += (value ^ (value >> 32U)) * other_odd;
  }
  return sum;
}

}  // namespace hecaton::io
