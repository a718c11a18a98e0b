#include "io/deck/locations.hpp"

namespace hecaton::io {

const Location& KeyLocations::find(std::string_view name) const {
  for (std::string_view part = name;; part = part.substr(0, part.rfind('.'))) {
    if (const auto found = where_.find(part); found != where_.end()) return found->second;
    if (part.find('.') == std::string_view::npos) return deck_;
  }
}

}  // namespace hecaton::io
