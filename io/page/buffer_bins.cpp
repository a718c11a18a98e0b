#include "io/page/buffer_bins.hpp"

#include <algorithm>

#include "io/page/bin_matrix.hpp"

namespace hecaton::io {
namespace {

FilledBuffer filled(const BinMatrix& matrix, std::uint64_t bins, double unit) {
  FilledBuffer buffer;
  for (std::uint64_t bin = 0; bin < bins; ++bin) {
    std::uint64_t most = 0;
    std::uint32_t fullest = 0;
    double sum = 0;
    for (std::uint64_t row = 0; row < matrix.rows; ++row) {
      const std::uint64_t value = matrix.at(row, bin);
      if (value > most) fullest = static_cast<std::uint32_t>(row);
      most = std::max(most, value);
      sum += static_cast<double>(value);
    }
    buffer.most.push_back(static_cast<double>(most) * unit);
    buffer.fullest.push_back(fullest);
    buffer.mean.push_back(matrix.rows > 0 ? sum / static_cast<double>(matrix.rows) * unit : 0);
  }
  return buffer;
}

}  // namespace

std::optional<BufferBins> read_buffer_bins(const hdf5::Handle& file, std::uint64_t dies) {
  if (!hdf5::has_object(file, "bins") || !hdf5::has_object(file, "bins/router_buffers")) return std::nullopt;
  const std::uint64_t most_nodes = 8 * dies + 64;  // with IO dies
  const BinMatrix router = read_bin_matrix(file, "bins/router_buffers", {dies, most_nodes});
  std::vector<BinMatrix> of_dies;
  if (hdf5::has_object(file, "bins/activation_buffer"))
    for (const char* path : {"bins/activation_buffer", "bins/weight_buffer"})
      of_dies.push_back(read_bin_matrix(file, path, {dies, dies}));
  std::uint64_t bins = used_bins(router);
  for (const BinMatrix& each : of_dies) {
    if (each.bins != router.bins || each.width_ps != router.width_ps)
      throw hdf5::Error("/bins has other bins for some buffers than for others");
    bins = std::max(bins, used_bins(each));
  }
  BufferBins buffers{.width_ps = router.width_ps,
                     .activation = {},
                     .weight = {},
                     .router = filled(router, bins, 1 / static_cast<double>(router.width_ps))};
  if (!of_dies.empty()) {
    buffers.activation = filled(of_dies[0], bins, 1);
    buffers.weight = filled(of_dies[1], bins, 1);
  }
  return buffers;
}

}  // namespace hecaton::io
