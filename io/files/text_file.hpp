// Reads a small text file that may be anything.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace hecaton::io {

// Decks and summaries are a page or two; anything larger is a mistake and is refused before it is read.
inline constexpr std::size_t largest_text_bytes = 1U << 20U;

// The content of a regular, readable file of at most `largest` bytes; `what` says what it should be ("a
// deck"). Throws InputError.
std::string read_text_file(const std::filesystem::path& path, std::string_view what,
                           std::size_t largest = largest_text_bytes);

}  // namespace hecaton::io
