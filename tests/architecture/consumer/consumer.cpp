// Another project's program: plans a step and asks the topology for a way, through the installed headers.
#include <iostream>

#include "io/deck/reader.hpp"
#include "net/package/topology.hpp"
#include "runs/wiring/preview.hpp"

int main() {
  using namespace hecaton;
  const io::Deck deck = io::parse_deck("[workload]\nkind = \"training\"\n", "default.toml");
  const runs::Preview preview = runs::preview(deck, 2, "block");
  const net::Topology topology(deck.network.package, false);
  const std::uint32_t corner_to_corner = topology.hops(NodeId{0}, NodeId{topology.dies() - 1});
  std::cout << preview.lookahead_ps << " ps of lookahead, " << corner_to_corner << " links\n";
  const std::uint32_t expected = deck.network.package.rows + deck.network.package.columns - 2;
  return preview.lookahead_ps > 0 && corner_to_corner == expected ? 0 : 1;
}
