// Which program this is: filled in when it is built, not when it is configured, so that it names the commit
// it was built from.
#pragma once

#include <string>

namespace hecaton::io {

struct BuildInfo {
  std::string version;     // of the project, "0.1.0"
  std::string git;         // commit, with "-dirty" when the tree had changes; "unknown" outside a repository
  std::string build_type;  // "Release", "Debug", ...
  std::string compiler;
};

const BuildInfo& build_info();

// One line to show before a run whose timings mean nothing (no optimisation, assertions, sanitizers); empty
// for a build fit for measuring.
std::string build_warning();

}  // namespace hecaton::io
