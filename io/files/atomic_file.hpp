// A file that is complete whenever it has its name: written beside under a temporary name, synced, renamed.
//
// Temporary names are NAME.RANDOM.part, with 16 hexadecimal digits. Each is a new file: one that exists, or a link
// that somebody put there, is neither opened nor followed, so writers in several processes and on several hosts
// never share one. A writer that fails removes its temporary file. One that is killed leaves it behind, and
// remove_unfinished() finds it.
#pragma once

#include <filesystem>
#include <string_view>

namespace hecaton::io {

class AtomicFile {
 public:
  // Makes an empty temporary file beside `path`. Throws std::system_error.
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();  // without publish() nothing is left

  // Where to write the content, by any means.
  const std::filesystem::path& temporary() const { return temporary_; }
  // Syncs the content, gives it its name in place of what has that name, and syncs the name. Throws
  // std::system_error.
  void publish();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty once published
};

// A whole text. Throws std::system_error, and then leaves what was there before.
void write_atomically(const std::filesystem::path& path, std::string_view text);

// Whether a file name is one that AtomicFile gives temporarily to files of the name `of`.
bool is_temporary_name(std::string_view name, std::string_view of);

// Removes what killed writers of `path` have left. Nobody may be writing it now. Errors are ignored: such a file
// is in nobody's way.
void remove_unfinished(const std::filesystem::path& path);

}  // namespace hecaton::io
