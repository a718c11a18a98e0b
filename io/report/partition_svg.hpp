// A picture of which rank simulates which dies, as SVG: readable in a browser, in print and without colour.
#pragma once

#include <string>
#include <vector>

#include "net/package/topology.hpp"
#include "partition/partition.hpp"

namespace hecaton::io {

struct PartitionPicture {
  std::string title;
  std::vector<std::string> lines;  // below the title
  partition::Partition partition;
  partition::Weights loads;  // by node; empty: the same for every die
};

// Every die with its rank, the borders of the regions, IO dies along the edge. Of few dies also the load of
// each with its IO die, of few ranks a table. Regions that touch are hatched differently.
std::string draw_partition(const PartitionPicture& picture, const net::Topology& topology);

}  // namespace hecaton::io
