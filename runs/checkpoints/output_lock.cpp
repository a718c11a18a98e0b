#include "runs/checkpoints/output_lock.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <system_error>

#include "io/files/input_error.hpp"
#include "io/report/message.hpp"

namespace hecaton::runs {
namespace {

// The ranks of a run that was killed may live for a moment; a file server may believe for longer in a lost host.
constexpr std::chrono::seconds patience{5};
constexpr std::chrono::seconds patience_with_other_hosts{120};

io::FileLock wait_for_lock(const std::filesystem::path& file) {
  try {
    return io::FileLock(file, patience);
  } catch (const io::LockHeld& held) {
    if (held.is_on_this_host()) throw;
    io::print_notice(
        fmt::format("waits for the end of another run in {}: {}", file.parent_path().string(), held.what()));
  }
  return io::FileLock(file, patience_with_other_hosts);
}

void warn_unprotected(const std::filesystem::path& folder, const std::string& why) {
  io::print_warning(fmt::format("{}: cannot be locked ({}); a second run there would not be refused",
                                folder.string(), why));
}

[[noreturn]] void refuse(const std::filesystem::path& folder, const io::LockHeld& held) {
  throw io::InputError({folder.string()}, "", "cannot be used",
                       fmt::format("another run writes there and has not ended: {}", held.what()),
                       fmt::format("choose another --output, or remove {} if that process is gone",
                                   (folder / output_lock_name).string()));
}

}  // namespace

std::optional<io::FileLock> lock_output(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return std::nullopt;
  try {
    io::FileLock lock = wait_for_lock(folder / output_lock_name);
    if (!lock.why_unprotected().empty()) warn_unprotected(folder, lock.why_unprotected());
    return lock;
  } catch (const io::LockHeld& held) {
    refuse(folder, held);
  } catch (const std::system_error& failure) {
    const std::error_code code = failure.code();
    const bool may_write = ::access(folder.c_str(), W_OK) == 0;
    if ((code != std::errc::permission_denied || may_write) && code != std::errc::read_only_file_system)
      warn_unprotected(folder, code.message());
    return std::nullopt;
  }
}

void expect_unlocked(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / output_lock_name;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return;
  try {
    const io::FileLock lock(file);
  } catch (const io::LockHeld& held) {
    refuse(folder, held);
  } catch (const std::system_error&) {  // who cannot lock it cannot write there either
  }
}

}  // namespace hecaton::runs
