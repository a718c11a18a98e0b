#include "io/report/partition_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "net/package/links.hpp"

namespace hecaton::io {

namespace {

using net::Port;

// Lengths in pixels.
constexpr std::uint32_t mesh_side = 720;
constexpr std::uint32_t margin = 24;
constexpr std::uint32_t line_height = 18;
constexpr std::uint32_t table_width = 230;
constexpr std::uint32_t smallest_die = 2, largest_die = 56;
constexpr std::uint32_t die_with_lines = 6, die_with_rank = 20, die_with_load = 40;
constexpr std::uint32_t most_ranks_in_table = 40;
constexpr std::uint32_t most_ranks_named = 400;

struct Style {
  std::string_view colour, ink, hatch;  // `hatch`: a path in a square of 8 x 8
};
constexpr std::array<Style, 8> styles{{{"#ffffff", "#999999", ""},
                                       {"#d6e6f4", "#6f9dc8", "M0 8 L8 0"},
                                       {"#fde3c4", "#dd9a4e", "M0 2 H8"},
                                       {"#d7efd3", "#79b26d", "M0 0 L8 8"},
                                       {"#eee0f3", "#ab82bd", "M2 0 V8"},
                                       {"#fbd5d5", "#d27b7b", "M0 8 L8 0 M0 0 L8 8"},
                                       {"#e4e4e4", "#8a8a8a", "M1 2 H3 M5 6 H7"},
                                       {"#f6f0b5", "#bda93a", "M0 2 H8 M2 0 V8"}}};

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '<') {
      result += "&lt;";
    } else if (c == '&') {
      result += "&amp;";
    } else {
      result += c;
    }
  }
  return result;
}

std::uint32_t die_side(const net::Topology& topology) {
  return std::clamp(mesh_side / std::max(topology.rows(), topology.columns()), smallest_die, largest_die);
}

// By rank: a style that no touching region of a lower rank has, if there is one.
std::vector<std::size_t> choose_styles(const partition::Partition& partition, const net::Topology& topology) {
  std::vector<std::uint32_t> taken(partition.ranks, 0);  // bits: styles of touching regions
  std::vector<std::vector<std::uint32_t>> higher(partition.ranks);
  net::for_each_die_link(topology, [&](NodeId a, NodeId b) {
    const auto [low, high] = std::minmax(partition.owner[a.value].value, partition.owner[b.value].value);
    if (low != high) higher[low].push_back(high);
  });
  std::vector<std::size_t> chosen(partition.ranks);
  for (std::uint32_t rank = 0; rank < partition.ranks; ++rank) {
    std::size_t style = rank % styles.size();
    for (std::size_t tries = 0; tries < styles.size() && (taken[rank] >> style & 1U) != 0; ++tries)
      style = (style + 1) % styles.size();
    chosen[rank] = style;
    for (const std::uint32_t other : higher[rank]) taken[other] |= 1U << style;
  }
  return chosen;
}

// Dies where the topology says they sit; lines are borders of dies and of regions, not links.
class Drawing {
 public:
  Drawing(const PartitionPicture& picture, const net::Topology& topology)
      : picture_(picture),
        topology_(topology),
        style_of_(choose_styles(picture.partition, topology)),
        side_(die_side(topology)),
        edge_(topology.nodes() > topology.dies() ? std::max(2U, side_ * 2 / 5) : 0),
        left_(margin + edge_),
        top_(margin + edge_ + line_height * static_cast<std::uint32_t>(picture.lines.size() + 3)) {}

  std::string draw() {
    for (std::uint32_t row = 0; row < topology_.rows(); ++row) fill_row(row);
    for (std::uint32_t n = topology_.dies(); n < topology_.nodes(); ++n) draw_io(NodeId{n});
    draw_lines();
    draw_numbers();
    draw_table();
    return head() + body_ + "</svg>\n";
  }

 private:
  std::uint32_t x(std::uint32_t column) const { return left_ + column * side_; }
  std::uint32_t y(std::uint32_t row) const { return top_ + row * side_; }
  std::uint32_t owner(std::uint32_t row, std::uint32_t column) const {
    return picture_.partition.owner[topology_.die_at(row, column).value].value;
  }
  bool has_table() const { return picture_.partition.ranks <= most_ranks_in_table; }

  static std::string text_line(std::size_t line, std::string_view text) {
    return fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", margin, margin + 12 + line_height * line, text);
  }

  bool shows_loads() const { return side_ >= die_with_load && !picture_.loads.empty(); }

  std::string head() const {
    const std::uint32_t rows_of_table = has_table() ? picture_.partition.ranks + 2 : 0;
    const std::uint32_t mesh_width = topology_.columns() * side_ + 2 * edge_;
    const std::uint32_t width = 2 * margin + std::max(600U, mesh_width + (has_table() ? table_width : 0));
    const std::uint32_t height =
        top_ + margin + std::max(topology_.rows() * side_ + edge_, rows_of_table * line_height);
    std::string text = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
        "font-family=\"sans-serif\" font-size=\"12\">\n<title>{2}</title>\n<defs>\n",
        width, height, escaped(picture_.title));
    for (std::size_t s = 0; s < styles.size(); ++s)
      text += fmt::format(
          "<pattern id=\"style{}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
          "<rect width=\"8\" height=\"8\" fill=\"{}\"/><path d=\"{}\" stroke=\"{}\" "
          "fill=\"none\"/></pattern>\n",
          s, styles[s].colour, styles[s].hatch, styles[s].ink);
    text += fmt::format("</defs>\n<rect width=\"{}\" height=\"{}\" fill=\"#ffffff\"/>\n", width, height);
    text += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"15\" font-weight=\"bold\">{}</text>\n", margin,
                        margin + 10, escaped(picture_.title));
    for (std::size_t line = 0; line < picture_.lines.size(); ++line)
      text += text_line(line + 1, escaped(picture_.lines[line]));
    if (shows_loads())
      text += text_line(picture_.lines.size() + 1,
                        "In a die: its rank; its load with its IO die's, over the mean");
    return text;
  }

  void fill(std::uint32_t left, std::uint32_t top, std::uint32_t width, std::uint32_t height,
            std::uint32_t rank) {
    body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"url(#style{})\"/>\n",
                         left, top, width, height, style_of_[rank]);
  }

  // Neighbours of one owner as one rectangle.
  void fill_row(std::uint32_t row) {
    for (std::uint32_t from = 0, to = 0; from < topology_.columns(); from = to) {
      while (to < topology_.columns() && owner(row, to) == owner(row, from)) ++to;
      fill(x(from), y(row), (to - from) * side_, side_, owner(row, from));
    }
  }

  // Beyond the edge that its die is at; in a corner, above or below.
  void draw_io(NodeId io) {
    const auto [row, column] = topology_.coordinate(io);
    std::uint32_t left = x(column), top = y(row), width = side_, height = edge_;
    const Port side = topology_.side(io).value();
    if (side == Port::north) {
      top -= edge_;
    } else if (side == Port::south) {
      top += side_;
    } else {
      std::swap(width, height);
      left = side == Port::west ? left - edge_ : left + side_;
    }
    fill(left, top, width, height, picture_.partition.owner[io.value].value);
    if (side_ >= die_with_lines)
      body_ += fmt::format(
          "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#999999\"/>\n", left,
          top, width, height);
  }

  // Thin between dies, thick between regions; one path each.
  void draw_lines() {
    std::string thin, thick;
    for (std::uint32_t row = 0; row < topology_.rows(); ++row)
      for (std::uint32_t column = 0; column < topology_.columns(); ++column) {
        const std::uint32_t rank = owner(row, column);
        const bool last_column = column + 1 == topology_.columns(), last_row = row + 1 == topology_.rows();
        if (!last_column)
          (owner(row, column + 1) != rank ? thick : thin) +=
              fmt::format("M{} {}v{}", x(column + 1), y(row), side_);
        if (!last_row)
          (owner(row + 1, column) != rank ? thick : thin) +=
              fmt::format("M{} {}h{}", x(column), y(row + 1), side_);
      }
    if (side_ >= die_with_lines)
      body_ += fmt::format("<path d=\"{}\" stroke=\"#999999\" fill=\"none\"/>\n", thin);
    body_ += fmt::format(
        "<path d=\"{}M{} {}h{}v{}h-{}z\" stroke=\"#000000\" stroke-width=\"{}\" stroke-linecap=\"square\" "
        "fill=\"none\"/>\n",
        thick, left_, top_, topology_.columns() * side_, topology_.rows() * side_,
        topology_.columns() * side_, side_ >= die_with_rank ? 3 : 1);
  }

  void draw_text(std::uint32_t at_x, std::uint32_t at_y, std::uint32_t size, std::string_view text) {
    body_ += fmt::format(
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"middle\" stroke=\"#ffffff\" "
        "stroke-width=\"3\" paint-order=\"stroke\">{}</text>\n",
        at_x, at_y, size, text);
  }

  void draw_numbers() {
    if (side_ < die_with_rank) return name_regions();
    const std::vector<double> loads = loads_of_dies();
    for (std::uint32_t row = 0; row < topology_.rows(); ++row)
      for (std::uint32_t column = 0; column < topology_.columns(); ++column) {
        const std::uint32_t middle = x(column) + side_ / 2;
        const std::uint32_t up = side_ >= die_with_load && !picture_.loads.empty() ? 4 : 0;
        draw_text(middle, y(row) + side_ / 2 + 5 - up, 14, fmt::to_string(owner(row, column)));
        if (up > 0)
          draw_text(middle, y(row) + side_ / 2 + 15, 10,
                    fmt::format("{:.2f}", loads[topology_.die_at(row, column).value]));
      }
  }

  // One number in each region, in its die that is nearest to the middle.
  void name_regions() {
    struct Sum {
      std::uint64_t dies = 0, rows = 0, columns = 0;
    };
    const std::uint32_t ranks = picture_.partition.ranks;
    if (ranks > most_ranks_named) return;
    std::vector<Sum> sums(ranks);
    const auto owner_of = [&](std::uint32_t die) { return picture_.partition.owner[die].value; };
    for (std::uint32_t d = 0; d < topology_.dies(); ++d) {
      const auto at = topology_.coordinate(NodeId{d});
      Sum& sum = sums[owner_of(d)];
      ++sum.dies, sum.rows += at.row, sum.columns += at.column;
    }
    const auto apart = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; };
    std::vector<std::pair<std::uint64_t, std::uint32_t>> nearest(
        ranks, {std::numeric_limits<std::uint64_t>::max(), 0});
    for (std::uint32_t d = 0; d < topology_.dies(); ++d) {
      const auto at = topology_.coordinate(NodeId{d});
      const Sum& sum = sums[owner_of(d)];
      const std::uint64_t distance =
          apart(at.row * sum.dies, sum.rows) + apart(at.column * sum.dies, sum.columns);
      nearest[owner_of(d)] = std::min(nearest[owner_of(d)], {distance, d});
    }
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
      const auto at = topology_.coordinate(NodeId{nearest[rank].second});
      draw_text(x(at.column) + side_ / 2, y(at.row) + side_ / 2 + 4, 12, fmt::to_string(rank));
    }
  }

  // Of each die with its IO die, over the mean.
  std::vector<double> loads_of_dies() const {
    std::vector<double> loads(topology_.dies(), 1.0);
    for (std::uint32_t d = 0; d < topology_.dies() && !picture_.loads.empty(); ++d) {
      const auto io = topology_.io_of_die(NodeId{d});
      loads[d] = static_cast<double>(picture_.loads[d]) +
                 (io ? static_cast<double>(picture_.loads[io->value]) : 0.0);
    }
    const double mean = std::accumulate(loads.begin(), loads.end(), 0.0) / topology_.dies();
    if (mean > 0)
      for (double& load : loads) load /= mean;
    return loads;
  }

  void draw_table() {
    if (!has_table()) return;
    const auto figures = partition::figures(picture_.partition, topology_, picture_.loads);
    const double total = std::accumulate(figures.weight_of_rank.begin(), figures.weight_of_rank.end(), 0.0);
    const std::uint32_t left = x(topology_.columns()) + edge_ + 20;
    const auto row = [&](std::uint32_t at, std::string_view a, std::string_view b, std::string_view c) {
      const std::uint32_t base = top_ + at * line_height;
      body_ += fmt::format(
          "<text y=\"{0}\" text-anchor=\"end\"><tspan x=\"{1}\">{4}</tspan>"
          "<tspan x=\"{2}\">{5}</tspan><tspan x=\"{3}\">{6}</tspan></text>\n",
          base, left + 70, left + 115, left + 195, a, b, c);
    };
    row(0, "rank", "dies", "load / mean");
    for (std::uint32_t rank = 0; rank < picture_.partition.ranks; ++rank) {
      const double load = static_cast<double>(figures.weight_of_rank[rank]) * picture_.partition.ranks;
      fill(left, top_ + (rank + 1) * line_height - 12, 32, 14, rank);
      body_ += fmt::format(
          "<rect x=\"{}\" y=\"{}\" width=\"32\" height=\"14\" fill=\"none\" stroke=\"#000000\"/>\n", left,
          top_ + (rank + 1) * line_height - 12);
      row(rank + 1, fmt::to_string(rank), fmt::to_string(figures.dies_of_rank[rank]),
          fmt::format("{:.3f}", total > 0 ? load / total : 1.0));
    }
  }

  const PartitionPicture& picture_;
  const net::Topology& topology_;
  std::vector<std::size_t> style_of_;  // by rank
  std::uint32_t side_;                 // of a die
  std::uint32_t edge_;                 // room for IO dies
  std::uint32_t left_;
  std::uint32_t top_;
  std::string body_;
};

}  // namespace

std::string draw_partition(const PartitionPicture& picture, const net::Topology& topology) {
  return Drawing(picture, topology).draw();
}

}  // namespace hecaton::io
