// The parts of a page that are the same in every page: files of assets/, which the build puts into the program.
#pragma once

#include <string_view>

namespace hecaton::io::assets {

extern const std::string_view page;    // HTML with places for the rest: {{style}}, {{data}}, {{script}}
extern const std::string_view style;   // CSS
extern const std::string_view script;  // JavaScript

}  // namespace hecaton::io::assets
