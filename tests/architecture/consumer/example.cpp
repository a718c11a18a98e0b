#include <cstdio>

#include "io/deck/reader.hpp"
#include "runs/wiring/preview.hpp"

int main(int, char** arguments) {
  const auto loaded = hecaton::io::load_deck(arguments[1], {});
  const auto seen = hecaton::runs::preview(loaded.deck, 4, "block");
  std::printf("about %.3g events on 4 ranks\n", static_cast<double>(seen.estimate.events));
}
