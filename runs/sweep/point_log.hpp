// What the log of a point says: how far its run is, how often it went on from a checkpoint, and why it never began.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace hecaton::runs {

struct PointProgress {
  std::optional<int> percent;  // of the work, as its run has last said
  int restarts = 0;            // times it went on from a checkpoint
};

PointProgress progress_in(std::string_view log);
// Of a log file's end, where a long one is concerned. Nothing if it cannot be read.
PointProgress progress_of(const std::filesystem::path& log);
// "62 %, restart 2"; empty if there is nothing to say.
std::string describe(const PointProgress& progress);

// A program that begins says something. Of what has come into the log since it had so many bytes: the first line of
// what another one, a launcher, has said in its place. Nothing if this program has begun.
std::optional<std::string> launcher_failure(const std::filesystem::path& log, std::uintmax_t since_bytes);

}  // namespace hecaton::runs
