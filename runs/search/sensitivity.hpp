// What a tenth more of each resource of a package is worth: the same step, simulated with it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runs/search/search.hpp"

namespace hecaton::runs {

// The resources that are tried: keys of a deck.
inline constexpr std::string_view resources[] = {"die.peak_TFLOPS", "link.bandwidth_GBps",
                                                 "memory.bandwidth_GBps", "die.weight_buffer_MiB",
                                                 "die.activation_buffer_MiB"};

struct Sensitivity {
  std::string_view resource;
  std::vector<double>
      changes;  // of each goal, relative: -0.05 is 5 % less; empty: no run accepts it, or it did not end well
};

// Of a point that was simulated, one of each resource. The runs lie in OUTPUT/sensitivity, and are those of a sweep.
std::vector<Sensitivity> sensitivities(const Search& search, const SimulatedPoint& point,
                                       const std::filesystem::path& output, const SearchOptions& options);

std::string describe(const Search& search, const std::vector<Sensitivity>& all, std::size_t place);

}  // namespace hecaton::runs
