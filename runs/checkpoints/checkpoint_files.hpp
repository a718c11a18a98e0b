// The files in the folder OUTPUT/checkpoints, known by their exact names:
//   checkpoint-HALT.hck       the state of a run at a halt (io/checkpoint/checkpoint.hpp)
//   operations-FROM-TO.h5     rows of the trace between two halts (io/trace/stretch.hpp)
// Halts are in picoseconds of simulated time, with 19 digits, so names in order are times in order.
//
// Invariant: nothing else is ever removed from that folder. Another name, a copy with an ending of its own, a folder
// or a link is somebody else's.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/time.hpp"

namespace hecaton::runs {

std::string checkpoint_name(SimTime halt);

bool is_checkpoint(std::string_view name);
// Precondition: it is the name of a checkpoint.
SimTime halt_of(std::string_view checkpoint);
// The rows between two halts.
bool is_stretch(std::string_view name);

// Checkpoints, rows, and what killed writers of them have left: the names of regular files in the folder, in order.
// None if there is no such folder.
std::vector<std::string> checkpoint_files(const std::filesystem::path& folder);

// Removes them, and the folder if nothing else is in it. What cannot be removed stays.
void clear_checkpoints(const std::filesystem::path& folder);

}  // namespace hecaton::runs
