// What io::compressed_text() made, read by arithmetic of its own and zlib.
#pragma once

#include <string>
#include <string_view>

namespace hecaton::test {

// Throws std::runtime_error if it is not base 64, padded, of what zlib has compressed.
std::string uncompressed(std::string_view letters);

}  // namespace hecaton::test
