// Lines for people on stderr, each of which says that it is this program's.
#pragma once

#include <string_view>

namespace hecaton::io {

void print_notice(std::string_view message);   // "hecaton: ..."
void print_warning(std::string_view message);  // "hecaton: warning: ..."
void print_error(std::string_view message);    // "hecaton: error: ..."

}  // namespace hecaton::io
