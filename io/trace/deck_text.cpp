#include "io/trace/deck_text.hpp"

#include <stdexcept>

#include "io/files/child_process.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io {

std::string deck_text_of(const hdf5::Handle& file) {
  return hdf5::read_text(file, "deck", most_deck_bytes);
}

std::string deck_text_of(const std::filesystem::path& trace) {
  try {
    return isolated([&] { return deck_text_of(hdf5::open(trace)); });
  } catch (const std::runtime_error& error) {
    throw InputError({trace.string()}, "", "holds a deck that cannot be read", error.what(), "");
  }
}

}  // namespace hecaton::io
