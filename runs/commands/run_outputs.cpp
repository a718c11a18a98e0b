#include "runs/commands/run_outputs.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "io/files/atomic_file.hpp"
#include "io/trace/result_set.hpp"
#include "runs/checkpoints/output_job.hpp"
#include "runs/checkpoints/output_lock.hpp"
#include "runs/checkpoints/status_file.hpp"

namespace hecaton::runs {

namespace fs = std::filesystem;

OutputPaths output_paths(const OutputArguments& arguments, const fs::path& deck, bool has_trace) {
  fs::path folder = arguments.output;
  if (folder.empty()) folder = fs::path("out") / deck.stem();
  OutputPaths paths;
  paths.folder = folder;
  if (has_trace) paths.trace = folder / io::trace_name;
  paths.summary = arguments.summary.empty() ? folder / io::summary_name : fs::path(arguments.summary);
  if (!arguments.profile.empty()) paths.profile = arguments.profile;
  paths.checkpoints = folder / "checkpoints";
  paths.unfinished_trace = folder / io::trace_name;
  return paths;
}

std::vector<fs::path> files_of(const OutputPaths& paths) {
  std::vector<fs::path> files;
  if (paths.trace) files.push_back(*paths.trace);
  files.push_back(paths.summary);
  if (paths.profile) files.push_back(*paths.profile);
  return files;
}

void expect_distinct_files(const OutputArguments& arguments, const OutputPaths& paths,
                           const std::vector<NamedFile>& read) {
  std::vector<NamedFile> written{
      {"the trace of --output", paths.unfinished_trace},
      {"the lock of --output", paths.folder / output_lock_name},
      {"the job of --output", paths.folder / output_job_name},
      {"the status of --output", paths.folder / status_name},
      {arguments.summary.empty() ? "the summary of --output" : "--summary", paths.summary}};
  if (paths.profile) written.push_back({"--profile", *paths.profile});
  expect_distinct(read, written);
}

void print_files(const OutputPaths& paths) {
  if (paths.trace) fmt::print("trace    {}\n", paths.trace->string());
  fmt::print("summary  {}\n", paths.summary.string());
  if (paths.profile) fmt::print("profile  {}\n", paths.profile->string());
  std::fflush(stdout);
}

void remove_unfinished(const OutputPaths& paths) {
  for (const fs::path& file : {paths.unfinished_trace, paths.summary})
    if (file.parent_path() == paths.folder) io::remove_unfinished(file);
}

}  // namespace hecaton::runs
