#include "runs/cli/output_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

#include "io/files/input_error.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, std::string_view why) {
  throw io::InputError({path.string()}, "", "cannot be written", why, "choose another place");
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

// The folders made so far; they are removed again unless all went well.
class MadeFolders {
 public:
  MadeFolders() = default;
  MadeFolders(const MadeFolders&) = delete;
  MadeFolders& operator=(const MadeFolders&) = delete;
  ~MadeFolders() {
    std::error_code ignored;
    for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) fs::remove(*folder, ignored);
  }

  void make(const fs::path& folder) {
    std::error_code error;
    if (folder.empty() || fs::is_directory(folder, error)) return;
    if (fs::exists(folder, error)) refuse(folder, "it is a file where a folder is needed");
    make(folder.parent_path());
    if (fs::create_directory(folder, error)) made_.push_back(folder);
    if (error) refuse(folder, error.message());
  }
  void keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;
};

// Permissions say little (root, read-only and full file systems): only writing tells.
void try_to_write(const fs::path& folder) {
  std::string name = (folder / ".hecaton-XXXXXX").string();
  const int file = ::mkstemp(name.data());
  if (file < 0) refuse(folder, std::generic_category().message(errno));
  ::close(file);
  ::unlink(name.c_str());
}

void check_target(const fs::path& file) {
  std::error_code error;
  if (fs::is_directory(file, error)) refuse(file, "it is a directory");
  if (file.filename().empty()) refuse(file, "it names no file");
}

void prepare_target(const fs::path& file, MadeFolders& made) {
  check_target(file);
  made.make(folder_of(file));
  try_to_write(folder_of(file));
}

[[noreturn]] void fail(const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string() + ": cannot be written");
}

void write_all(int file, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void prepare_outputs(const std::vector<fs::path>& files) {
  MadeFolders made;
  for (const fs::path& file : files) prepare_target(file, made);
  made.keep();
}

void write_atomically(const fs::path& path, std::string_view text, Writers writers) {
  const std::string beside = writers == Writers::one ? path.string() + ".part"
                                                     : fmt::format("{}.{}.part", path.string(), ::getpid());
  constexpr mode_t any_user = 0666;  // less the caller's umask
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, any_user);
  if (file < 0) fail(path);
  try {
    write_all(file, text, path);
    if (::fsync(file) != 0) fail(path);
    if (::rename(beside.c_str(), path.c_str()) != 0) fail(path);
  } catch (...) {
    ::close(file);
    ::unlink(beside.c_str());
    throw;
  }
  ::close(file);
}

}  // namespace hecaton::runs
