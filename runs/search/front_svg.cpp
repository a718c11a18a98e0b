#include "runs/search/front_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace hecaton::runs {

namespace {

// Lengths in pixels.
constexpr double left = 90, top = 30, width = 620, height = 420, below = 70;
constexpr std::size_t most_dots = 3000;

// From values to pixels: logarithms, since goals differ by factors.
class Scale {
 public:
  Scale(std::vector<double> values, double at_least, double at_most) : from_(at_least), to_(at_most) {
    std::erase_if(values, [](double value) { return !std::isfinite(value) || value <= 0; });
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    low_ = values.empty() ? 1 : *least / rim;
    high_ = values.empty() ? 10 : *most * rim;
  }
  double at(double value) const {
    const double share = std::log(std::clamp(value, low_, high_) / low_) / std::log(high_ / low_);
    return from_ + share * (to_ - from_);
  }
  // Round values between the ends, few enough to be read.
  std::vector<double> ticks() const {
    for (const std::vector<double>& digits : {std::vector<double>{1}, {1, 2, 5}, {1, 1.5, 2, 3, 5, 7}}) {
      std::vector<double> all = ticks_of(digits);
      if (all.size() >= 3) return all;
    }
    return {low_, std::sqrt(low_ * high_), high_};
  }

 private:
  static constexpr double rim = 1.06;

  std::vector<double> ticks_of(const std::vector<double>& digits) const {
    std::vector<double> all;
    for (double decade = std::pow(10, std::floor(std::log10(low_))); decade <= high_; decade *= 10)
      for (const double digit : digits)
        if (digit * decade >= low_ && digit * decade <= high_) all.push_back(digit * decade);
    return all;
  }

  double from_, to_;
  double low_ = 1, high_ = 10;
};

struct Place {
  double x, y;  // values
};

class Drawing {
 public:
  Drawing(const Search& search, const SearchResult& result)
      : search_(search),
        result_(result),
        x_(values(0), left, left + width),
        y_(values(1), top + height, top) {}

  std::string draw() {
    svg_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" "
        "font-size=\"12\"><rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
        left + width + 20, top + height + below);
    axes();
    left_out();
    for (const SimulatedPoint& point : result_.simulated) simulated(point);
    front();
    legend();
    return svg_ + "</svg>\n";
  }

 private:
  Place of_measures(const Measures& measures) const {
    return {of(measures, search_.goals[0]), of(measures, search_.goals[1])};
  }

  std::vector<double> values(std::size_t goal) const {
    std::vector<double> all;
    for (const SimulatedPoint& point : result_.simulated)
      all.push_back(of(point.measures, search_.goals[goal]));
    for (const Candidate& candidate : search_.candidates)
      all.push_back(of(candidate.least, search_.goals[goal]));
    return all;
  }

  void text(double x, double y, std::string_view anchor, std::string_view what) {
    svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, what);
  }

  void circle(Place place, double radius, std::string_view fill, std::string_view stroke) {
    svg_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\" stroke=\"{}\"/>\n",
                        x_.at(place.x), y_.at(place.y), radius, fill, stroke);
  }

  void cross(double x, double y) {
    svg_ += fmt::format(
        "<path d=\"M{0:.1f} {2:.1f} L{1:.1f} {3:.1f} M{0:.1f} {3:.1f} L{1:.1f} {2:.1f}\" stroke=\"#555555\"/>\n",
        x - 3, x + 3, y - 3, y + 3);
  }

  void simulated(const SimulatedPoint& point) {
    const Place place = of_measures(point.measures);
    if (point.keeps_limits)
      circle(place, 3, "#ffffff", "#555555");
    else
      cross(x_.at(place.x), y_.at(place.y));
  }

  void axes() {
    for (const double tick : x_.ticks()) {
      svg_ +=
          fmt::format("<path d=\"M{0:.1f} {1} V{2}\" stroke=\"#dddddd\"/>\n", x_.at(tick), top, top + height);
      text(x_.at(tick), top + height + 16, "middle", fmt::format("{:.4g}", tick));
    }
    for (const double tick : y_.ticks()) {
      svg_ += fmt::format("<path d=\"M{0} {1:.1f} H{2}\" stroke=\"#dddddd\"/>\n", left, y_.at(tick),
                          left + width);
      text(left - 6, y_.at(tick) + 4, "end", fmt::format("{:.4g}", tick));
    }
    svg_ += fmt::format("<path d=\"M{} {} V{} H{}\" fill=\"none\" stroke=\"#000000\"/>\n", left, top,
                        top + height, left + width);
    text(left + width / 2, top + height + 34, "middle", name_with_unit(search_.goals[0]));
    text(left, top - 10, "start", name_with_unit(search_.goals[1]));
  }

  static std::string name_with_unit(Measure goal) {
    return fmt::format("{} ({})", name_of(goal), unit_of(goal));
  }

  // Every so many of them, if there are very many.
  void left_out() {
    std::set<std::size_t> simulated;
    for (const SimulatedPoint& point : result_.simulated) simulated.insert(point.candidate);
    const std::size_t step = search_.candidates.size() / most_dots + 1;
    for (std::size_t i = 0; i < search_.candidates.size(); i += step)
      if (!simulated.contains(i)) circle(of_measures(search_.candidates[i].least), 1, "#999999", "none");
  }

  void front() {
    std::string path;
    for (const std::size_t number : result_.front) {
      const Place place = of_measures(result_.simulated[number].measures);
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : " L", x_.at(place.x), y_.at(place.y));
    }
    svg_ += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"#000000\" stroke-dasharray=\"4 3\"/>\n", path);
    std::size_t number = 0;
    for (const std::size_t member : result_.front) {
      const Place place = of_measures(result_.simulated[member].measures);
      circle(place, 5, "#000000", "#000000");
      text(x_.at(place.x) + 8, y_.at(place.y) - 6, "start", fmt::format("{}", ++number));
    }
  }

  void legend() {
    const double y = top + height + 56;
    svg_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"5\"/>", left, y - 4);
    text(left + 10, y, "start", "on the front");
    svg_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"3\" fill=\"#ffffff\" stroke=\"#555555\"/>",
                        left + 130, y - 4);
    text(left + 140, y, "start", "simulated");
    svg_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"1\" fill=\"#999999\"/>", left + 240, y - 4);
    text(left + 250, y, "start", "left out: the least that it can be");
    if (search_.limits.empty()) return;
    cross(left + 480, y - 4);
    text(left + 490, y, "start", "breaks a limit");
  }

  const Search& search_;
  const SearchResult& result_;
  const Scale x_, y_;
  std::string svg_;
};

}  // namespace

std::string draw_front(const Search& search, const SearchResult& result) {
  return Drawing(search, result).draw();
}

}  // namespace hecaton::runs
