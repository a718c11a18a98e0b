#include "io/files/input_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <vector>

namespace hecaton::io {
namespace {

constexpr std::size_t longest_quote = 60;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// A message is one line, so control characters appear as escapes.
std::string printable(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (is_control(c)) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
  return line;
}

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  const auto continues = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80; };
  while (bytes > 0 && continues(bytes)) --bytes;
  return text.substr(0, bytes);
}

std::string message_of(const Location& location, std::string_view key, std::string_view problem,
                       std::string_view why, std::string_view suggestion) {
  std::string message = to_string(location);
  if (!message.empty()) message += ": ";
  if (!key.empty()) message += fmt::format("{}: ", key);
  message += problem;
  if (!why.empty()) message += fmt::format(" ({})", why);
  if (!suggestion.empty()) message += fmt::format(" {}", suggestion);
  return printable(message);
}

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// Levenshtein distance without regard to case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string to_string(const Location& location) {
  if (location.line == 0) return location.source;
  return fmt::format("{}:{}:{}", location.source, location.line, location.column);
}

InputError::InputError(const Location& location, std::string_view key, std::string_view problem,
                       std::string_view why, std::string_view suggestion)
    : std::runtime_error(message_of(location, key, problem, why, suggestion)) {}

InputError::InputError(std::string_view message) : std::runtime_error(printable(message)) {}

std::string in_quotes(std::string_view text) {
  const std::string_view shown = cut(text, longest_quote);
  return fmt::format("\"{}{}\"", printable(shown), shown.size() < text.size() ? "..." : "");
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t longest_word = 64;  // longer ones resemble no key and would cost quadratic time
  if (word.size() > longest_word) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string joined(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace hecaton::io
