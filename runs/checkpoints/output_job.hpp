// The Slurm job that an output folder belongs to, also while none of its ranks runs: before its first start, and while
// it waits to be started again. The folder's file .job names it, as ID or ID;CLUSTER. It is of no account once the job
// has left the queue, and goes when the run has ended.
//
// The lock (output_lock.hpp) keeps two runs apart that are there at the same time; this keeps others away in between.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace hecaton::runs {

inline constexpr const char* output_job_name = ".job";

struct OutputJob {
  std::string id;       // digits
  std::string cluster;  // empty: the one that Slurm's commands ask by themselves
};
// "4711" or "4711;cluster".
std::optional<OutputJob> parse_job(std::string_view text);

// Throws InputError if the folder belongs to another job than `mine` (none: this run is of no job) that Slurm has not
// done with, or if Slurm does not say so.
void expect_no_other_job(const std::filesystem::path& folder, const std::optional<OutputJob>& mine);

// Whether Slurm has not done with a job of this user.
bool is_queued(const OutputJob& job);

// Makes the folder, if need be.
void note_job(const std::filesystem::path& folder, const OutputJob& job);
// The run has ended.
void forget_job(const std::filesystem::path& folder);

}  // namespace hecaton::runs
