#include "runs/cli/output_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "io/files/descriptor.hpp"
#include "io/files/durable_file.hpp"
#include "io/files/input_error.hpp"
#include "io/report/message.hpp"

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
  const io::Descriptor file(::mkstemp(name.data()));
  if (!file.is_open() || ::unlink(name.c_str()) != 0) refuse(folder, std::generic_category().message(errno));
}

// In a folder with the sticky bit (/tmp) only its owner and that of a file may replace the file.
bool belongs_to_another(const fs::path& file) {
  struct stat there {
  }, folder{};
  if (::lstat(file.c_str(), &there) != 0 || ::stat(folder_of(file).c_str(), &folder) != 0) return false;
  const uid_t user = ::geteuid();
  return (folder.st_mode & S_ISVTX) != 0 && user != 0 && there.st_uid != user && folder.st_uid != user;
}

void check_target(const fs::path& file) {
  std::error_code error;
  if (file.filename().empty()) refuse(file, "it names no file");
  const fs::file_type type = fs::status(file, error).type();
  if (type == fs::file_type::directory) refuse(file, "it is a directory");
  if (fs::exists(fs::symlink_status(file, error)) && type != fs::file_type::regular &&
      type != fs::file_type::not_found)
    refuse(file, "it is no regular file");
  if (belongs_to_another(file)) refuse(file, "it belongs to another user, who alone may replace it there");
}

void prepare_target(const fs::path& file, MadeFolders& made) {
  check_target(file);
  made.make(folder_of(file));
  try_to_write(folder_of(file));
}

// The folder that there is of those on the way to a file.
fs::path folder_there(const fs::path& file) {
  fs::path folder = folder_of(fs::absolute(file));
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

void warn_if_unsynced(const fs::path& folder) {
  const std::string why = io::why_unsynced(folder);
  if (!why.empty())
    io::print_warning(folder.string() + ": the names of files cannot be synced (" + why +
                      "); a crash of the host soon after the run may take them away");
}

// Without links, also where the file does not exist yet.
fs::path resolved(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  const fs::path found = fs::weakly_canonical(whole, error);
  return error ? whole.lexically_normal() : found;
}

bool are_one(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return resolved(a) == resolved(b) || fs::equivalent(a, b, error);
}

bool is_below(const fs::path& folder, const fs::path& file) {
  const fs::path above = resolved(folder), below = resolved(file);
  return std::mismatch(above.begin(), above.end(), below.begin(), below.end()).first == above.end();
}

void expect_two_files(const NamedFile& written, const NamedFile& other) {
  if (!are_one(written.path, other.path)) return;
  throw io::InputError({other.path.string()}, "", "is named twice",
                       "by " + written.role + " and " + other.role + "; the one would overwrite the other",
                       "choose another place");
}

void expect_no_folder(const NamedFile& written, const NamedFile& other) {
  if (!is_below(written.path, other.path)) return;
  throw io::InputError({other.path.string()}, "", "is below a file",
                       "which is " + written.role + "; " + other.role + " needs a folder there",
                       "choose another place");
}

}  // namespace

void expect_distinct(std::span<const NamedFile> read, std::span<const NamedFile> written) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    for (const NamedFile& other : read) expect_two_files(written[i], other);
    for (std::size_t k = 0; k < i; ++k) {
      expect_two_files(written[i], written[k]);
      expect_no_folder(written[i], written[k]);
      expect_no_folder(written[k], written[i]);
    }
  }
}

void prepare_outputs(const std::vector<fs::path>& files) {
  MadeFolders made;
  std::set<fs::path> folders;
  for (const fs::path& file : files) {
    prepare_target(file, made);
    folders.insert(folder_of(file));
  }
  made.keep();
  for (const fs::path& folder : folders) warn_if_unsynced(folder);
}

void look_at_outputs(const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    check_target(file);
    const fs::path folder = folder_there(file);
    std::error_code error;
    if (!fs::is_directory(folder, error)) refuse(folder, "it is a file where a folder is needed");
    if (::access(folder.c_str(), W_OK | X_OK) != 0) refuse(folder, std::generic_category().message(errno));
  }
}

}  // namespace hecaton::runs
