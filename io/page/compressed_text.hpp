// Text as a page holds what is long: compressed by zlib (RFC 1950), in base 64 (RFC 4648, padded).
// assets/compressed.js reads it.
#pragma once

#include <string>
#include <string_view>

namespace hecaton::io {

// Letters, digits, +, / and = only.
std::string compressed_text(std::string_view text);

}  // namespace hecaton::io
