#include "runs/checkpoints/status_file.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "io/files/atomic_file.hpp"
#include "io/files/input_error.hpp"
#include "io/files/text_file.hpp"
#include "io/files/version.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

StatusFile::StatusFile(const fs::path& folder, std::string deck, int ranks) : path_(folder / status_name) {
  status_.version = io::build_info().version;
  status_.deck = std::move(deck);
  status_.ranks = ranks;
  status_.started_unix_s = unix_seconds();
  remove_status(folder);
}

StatusFile::~StatusFile() {
  if (has_ended_ || !is_written_) return;
  status_.state = io::RunState::failed;
  write();
}

void StatusFile::update(const io::ProgressSample& sample) {
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now +
          std::clamp<Clock::duration>((now - start_) / 20, std::chrono::seconds(2), std::chrono::seconds(20));
  status_.progress = sample;
  status_.wall_s = std::chrono::duration<double>(now - start_).count();
  write();
}

void StatusFile::stopped() {
  status_.state = io::RunState::stopped;
  write();
  has_ended_ = true;
}

void StatusFile::ended() {
  remove_status(path_.parent_path());
  has_ended_ = true;
}

void StatusFile::write() {
  status_.told_unix_s = unix_seconds();
  try {
    io::write_atomically(path_, io::to_json(status_));
    is_written_ = true;
  } catch (const std::system_error&) {  // a full disk is told by what has to be written
  }
}

std::optional<io::RunStatus> read_status(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_regular_file(folder / status_name, error)) return std::nullopt;
  try {
    return io::status_from_json(io::read_text_file(folder / status_name, "a run's status"));
  } catch (const io::InputError&) {  // gone since
    return std::nullopt;
  }
}

void remove_status(const fs::path& folder) {
  std::error_code ignored;
  if (fs::is_regular_file(folder / status_name, ignored)) fs::remove(folder / status_name, ignored);
  io::remove_unfinished(folder / status_name);
}

}  // namespace hecaton::runs
