// What is wrong with something the user gave us: one line, with a place, in the grammar
//   place: table.key: problem (why it is one) suggestion
// Invariant: what() is a single printable line, whatever bytes the input held.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hecaton::io {

// Where a key stands: a file with line and column (counted from 1), or a command-line option, then without
// them.
struct Location {
  std::string source;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// "deck.toml:4:1"; line and column only where they are known.
std::string to_string(const Location& location);

class InputError : public std::runtime_error {
 public:
  // Any part but `problem` may be empty and is then left out.
  InputError(const Location& location, std::string_view key, std::string_view problem, std::string_view why,
             std::string_view suggestion);
  // A message that is complete already.
  explicit InputError(std::string_view message);

  // What else is wrong with the same input: a line of each, in the order in which they were added.
  const std::vector<std::string>& others() const { return others_; }
  void add(const InputError& other) { others_.emplace_back(other.what()); }

 private:
  std::vector<std::string> others_;
};

// The text in double quotes, on one line, without control characters, at most about 60 bytes of it.
std::string in_quotes(std::string_view text);

// The candidate nearest to `word` by edit distance, or an empty view if none is near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// "a, b, c"
std::string joined(std::span<const std::string_view> words);

}  // namespace hecaton::io
