// Where each key of a deck was given, so that an error found later still names its line.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "io/files/input_error.hpp"

namespace hecaton::io {

class KeyLocations {
 public:
  explicit KeyLocations(Location deck) : deck_(std::move(deck)) {}
  void add(std::string name, Location where) { where_.insert_or_assign(std::move(name), std::move(where)); }
  // Of "table.key"; else of its table; else of the deck as a whole.
  const Location& find(std::string_view name) const;

 private:
  Location deck_;
  std::map<std::string, Location, std::less<>> where_;
};

}  // namespace hecaton::io
