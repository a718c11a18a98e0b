// Numbers as people read them: four significant digits and a prefix.
#pragma once

#include <string>
#include <string_view>

namespace hecaton::io {

// "12.34 ms", "1.500 GB"; prefixes are powers of 1000. Zero is "0 s".
std::string format_si(double value, std::string_view unit);
// "950", "12.34 k", "1.235 M", "12.00 G"
std::string format_count(double value);
// Wall time: "28.30 ms", "4.2 s", "3 min 20 s", "2 h 05 min".
std::string format_duration(double seconds);
// Of something whole: "61.2 %".
std::string format_percent(double fraction);

}  // namespace hecaton::io
