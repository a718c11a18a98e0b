// How far a run is, as it says in a small file of its output folder, for whoever looks from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/engine/base/enum_names.hpp"
#include "io/report/progress.hpp"

namespace hecaton::io {

// What it says of itself. One that was killed goes on saying that it runs.
enum class RunState : std::uint8_t {
  running,
  stopped,  // with a checkpoint to go on from
  failed    // with an error, or, if it was sampled, without a checkpoint
};
constexpr auto enum_names(std::type_identity<RunState>) {
  using enum RunState;
  return named<RunState>({{running, "running"}, {stopped, "stopped"}, {failed, "failed"}});
}

struct RunStatus {
  RunState state = RunState::running;
  std::string version;
  std::string deck;  // its file name
  int ranks = 1;
  double started_unix_s = 0;  // this leg of the run, if it went on from a checkpoint
  double told_unix_s = 0;
  ProgressSample progress;
  double wall_s = 0;  // from the start to that sample, by a clock that is never set
};

std::string to_json(const RunStatus& status);
// The text may be anything; nothing if it is no status of this version's schema.
std::optional<RunStatus> status_from_json(std::string_view text);

}  // namespace hecaton::io
