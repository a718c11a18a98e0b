// The results that a run leaves in its output folder are one set: a trace and a summary of one deck, by one version.
// Both hold the digest of the deck, so files of different runs in one folder are noticed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "io/result/summary.hpp"

namespace hecaton::io {

inline constexpr const char* trace_name = "trace.h5";
inline constexpr const char* summary_name = "summary.json";

// What the files of a set have in common.
struct ResultIdentity {
  std::string version;
  std::string git;
  std::uint64_t deck = 0;  // digest of its resolved text

  friend bool operator==(const ResultIdentity&, const ResultIdentity&) = default;
};
ResultIdentity identity_of(const Summary& summary);

// The summary in a trace or in a JSON file, which may be anything; by the ending of its name.
Summary read_result(const std::filesystem::path& file);

// Reads `file`, and says why it does not belong together with the other result in its folder. Empty if it does, if
// there is no other, or if it has not the name that a run gives.
std::string why_mixed(const std::filesystem::path& file);

// Whether a trace, which is readable and of a deck that has operations, holds any.
bool has_operations(const std::filesystem::path& trace);
// Whether it holds a critical path; rows of messages.
bool has_critical_path(const std::filesystem::path& trace);
bool has_messages(const std::filesystem::path& trace);

}  // namespace hecaton::io
