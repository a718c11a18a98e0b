#include "core/sampling/shortened.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/sampling/loops.hpp"

namespace hecaton::sampling {

namespace {

using chiplet::Iterates;
using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;

// A loop that has marks.
struct MarkedLoop {
  std::vector<LoopExtent> in_role;  // where it is in the text of each
  Iterates iterates = Iterates::other;
  chiplet::Section section = chiplet::Section::none;
  LoopRounds rounds;
  bool is_shortened = false;
  std::vector<std::uint64_t> totals;  // rounds of the whole program, by role
  std::vector<MarkedLoop> inner;

  // What it is known by.
  std::size_t place() const { return in_role.front().begin; }
  std::uint64_t simulated() const { return is_shortened ? rounds.simulated() : totals.front(); }
  // Before which the die pauses.
  std::vector<std::uint64_t> resumed_rounds() const {
    std::vector<std::uint64_t> all;
    if (!is_shortened) return all;
    for (std::uint64_t burst = 1; burst < rounds.bursts; ++burst)
      all.push_back(rounds.warm_up + burst * rounds.length + (burst - 1) * rounds.resume);
    return all;
  }
};

class Parser {
 public:
  Parser(std::span<const Program> roles, const Rounds& rounds)
      : roles_(roles), rounds_(rounds), extents_(common_loops(roles)) {}

  std::vector<MarkedLoop> parse() { return loops_before(roles_.front().size()); }

 private:
  // Those left that begin before a place in the text of the first role. Inside a loop without marks there are none.
  std::vector<MarkedLoop> loops_before(std::size_t end) {
    std::vector<MarkedLoop> loops;
    while (next_ < extents_.front().size() && extents_.front()[next_].begin < end) {
      MarkedLoop loop = loop_at(next_++);
      loop.inner = loops_before(loop.in_role.front().end);
      if (is_marked(loop)) loops.push_back(std::move(loop));
    }
    return loops;
  }

  MarkedLoop loop_at(std::size_t index) const {
    MarkedLoop loop;
    for (std::size_t role = 0; role < roles_.size(); ++role) {
      loop.in_role.push_back(extents_[role][index]);
      loop.totals.push_back(roles_[role][loop.in_role.back().begin].count);
    }
    const Op& op = roles_.front()[loop.place()];
    loop.iterates = op.iterates;
    loop.section = op.section;
    const std::uint64_t most = *std::max_element(loop.totals.begin(), loop.totals.end());
    const auto wanted = rounds_.find(loop.place());
    loop.rounds = wanted == rounds_.end() ? LoopRounds{most, 0, 0, 0} : wanted->second;
    loop.is_shortened = wanted != rounds_.end() && most > loop.rounds.simulated();
    return loop;
  }

  // Roles that would be shortened unlike each other have no marks in common.
  static bool is_marked(const MarkedLoop& loop) {
    const auto [least, most] = std::minmax_element(loop.totals.begin(), loop.totals.end());
    return loop.iterates != Iterates::other && (*least == *most || *least >= loop.rounds.simulated());
  }

  std::span<const Program> roles_;
  const Rounds& rounds_;
  const std::vector<std::vector<LoopExtent>> extents_;  // by role
  std::size_t next_ = 0;
};

struct RoundClass {
  enum class Kind : std::uint8_t { single, middle, resumed };
  Kind kind = Kind::single;
  std::uint64_t id = 0;
  std::string name;
};

// Single rounds are numbered from 2.
RoundClass class_of(const MarkedLoop& loop, std::uint64_t round) {
  using enum RoundClass::Kind;
  const LoopRounds& rounds = loop.rounds;
  if (!loop.is_shortened || round < rounds.warm_up) return {single, round + 2, fmt::format("{}", round)};
  if (round + rounds.last == rounds.simulated()) return {single, rounds.warm_up + 2, "last"};
  const std::uint64_t in_middle = round - rounds.warm_up;
  if (in_middle < rounds.length) return {middle, 0, "middle"};
  const std::uint64_t in_burst = (in_middle - rounds.length) % (rounds.resume + rounds.length);
  return in_burst < rounds.resume ? RoundClass{resumed, 1, "resumed"} : RoundClass{middle, 0, "middle"};
}

// Rounds of the whole program that a class stands for.
std::uint64_t rounds_of(const MarkedLoop& loop, const RoundClass& of, std::size_t role) {
  if (of.kind == RoundClass::Kind::resumed) return 0;
  return of.kind == RoundClass::Kind::single ? 1 : loop.totals[role] - loop.rounds.warm_up - loop.rounds.last;
}

// Follows the shortened programs from mark to mark.
class SegmentWalk {
 public:
  explicit SegmentWalk(std::size_t roles) { all_.roles.resize(roles); }

  ShortenedRoles walk(const std::vector<MarkedLoop>& loops) {
    Around outside;
    outside.by_role.resize(all_.roles.size());
    add({0, Place::start}, chiplet::Section::none, "start", outside);
    for (const MarkedLoop& loop : loops) visit(loop, outside);
    return std::move(all_);
  }

 private:
  // Where in the text a segment begins.
  struct Place {
    enum Of : std::uint8_t { start, pause, round, after } of;
    std::size_t loop;
    Place(std::size_t at, Of what) : of(what), loop(at) {}
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Stands {
    std::uint64_t times = 1;  // for so many segments
    std::vector<Axis> axes;
  };
  // The rounds around a segment.
  struct Around {
    std::vector<std::uint64_t> classes;
    std::vector<Stands> by_role;
    std::string names;
  };

  static Around inside(const Around& around, const MarkedLoop& loop, const RoundClass& of) {
    Around now = around;
    now.classes.push_back(of.id);
    now.names += fmt::format(", {} {}", name_of(loop.iterates), of.name);
    for (std::size_t role = 0; role < now.by_role.size(); ++role) {
      Stands& stands = now.by_role[role];
      const std::uint64_t rounds = rounds_of(loop, of, role);
      stands.times *= rounds;
      if (of.kind == RoundClass::Kind::middle)
        stands.axes.push_back({loop.place(), loop.iterates, loop.rounds.middle(), rounds});
    }
    return now;
  }

  static Around for_nothing(Around around) {
    for (Stands& stands : around.by_role) stands = {0, {}};
    return around;
  }

  void visit(const MarkedLoop& loop, const Around& around) {
    const std::vector<std::uint64_t> resumed = loop.resumed_rounds();
    for (std::uint64_t round = 0; round < loop.simulated(); ++round) {
      const Around now = inside(around, loop, class_of(loop, round));
      if (std::find(resumed.begin(), resumed.end(), round) != resumed.end())
        add({loop.place(), Place::pause}, loop.section, fmt::format("{}, pause", name_of(loop.section)),
            for_nothing(now));
      add({loop.place(), Place::round}, loop.section, name_of(loop.section), now);
      for (const MarkedLoop& inner : loop.inner) visit(inner, now);
    }
    add({loop.place(), Place::after}, loop.section,
        fmt::format("{}, after {}", name_of(loop.section), name_of(loop.iterates)), around);
  }

  void add(Place place, chiplet::Section section, std::string_view name, const Around& around) {
    const auto [at, is_new] = ids_.try_emplace({place, around.classes}, ids_.size());
    for (std::size_t role = 0; role < all_.roles.size(); ++role) {
      std::vector<Stratum>& strata = all_.roles[role].strata;
      const Stands& stands = around.by_role[role];
      const bool begins_round =
          place.of == Place::round && !stands.axes.empty() && stands.axes.back().loop == place.loop;
      if (is_new)
        strata.push_back(
            {fmt::format("{}{}", name, around.names), section, stands.times, 0, stands.axes, begins_round});
      ++strata[at->second].simulated;
    }
    all_.stratum_of_segment.push_back(static_cast<std::uint32_t>(at->second));
  }

  ShortenedRoles all_;
  std::map<std::pair<Place, std::vector<std::uint64_t>>, std::size_t> ids_;
};

Op mark_of(chiplet::Section section) {
  Op op;
  op.code = OpCode::mark;
  op.section = section;
  return op;
}

// Writes the shortened text of a role.
class Writer {
 public:
  Writer(const Program& whole, std::size_t role, const RoundTimes& pauses)
      : whole_(whole), role_(role), pauses_(pauses) {}

  Program write(const std::vector<MarkedLoop>& loops) {
    text_.push_back(mark_of(chiplet::Section::none));
    copy(0, whole_.size(), loops);
    return std::move(text_);
  }

 private:
  void copy(std::size_t from, std::size_t to, const std::vector<MarkedLoop>& loops) {
    for (const MarkedLoop& loop : loops) {
      const LoopExtent at = loop.in_role[role_];
      text_.insert(text_.end(), whole_.begin() + static_cast<std::ptrdiff_t>(from),
                   whole_.begin() + static_cast<std::ptrdiff_t>(at.begin + 1));
      text_.back().count = static_cast<std::uint32_t>(loop.simulated());
      add_pauses(loop);
      text_.push_back(mark_of(loop.section));
      copy(at.begin + 1, at.end + 1, loop.inner);
      text_.push_back(mark_of(loop.section));
      from = at.end + 1;
    }
    text_.insert(text_.end(), whole_.begin() + static_cast<std::ptrdiff_t>(from),
                 whole_.begin() + static_cast<std::ptrdiff_t>(to));
  }

  // All roles pause alike, so that they go on together.
  void add_pauses(const MarkedLoop& loop) {
    const std::vector<std::uint64_t> resumed = loop.resumed_rounds();
    const auto time = pauses_.find(loop.place());
    const std::uint64_t most = *std::max_element(loop.totals.begin(), loop.totals.end());
    for (const std::uint64_t round : resumed) {
      Op mark = mark_of(loop.section);
      mark.only_round = static_cast<std::uint32_t>(round);
      text_.push_back(mark);
      mark.code = OpCode::pause;
      if (time != pauses_.end())
        mark.slot_ps =
            (most - loop.simulated()) * static_cast<std::uint64_t>(time->second.ps) / resumed.size();
      text_.push_back(mark);
    }
  }

  const Program& whole_;
  const std::size_t role_;
  const RoundTimes& pauses_;
  Program text_;
};

void expect_loops(const Program& text, const Rounds& rounds) {
  for (const auto& [place, loop] : rounds)
    if (place >= text.size() || text[place].code != OpCode::loop || text[place].iterates == Iterates::other)
      throw std::logic_error(fmt::format("operation {} is no loop that can be shortened", place));
}

}  // namespace

bool ShortenedRoles::is_whole() const {
  return std::all_of(roles.begin(), roles.end(), [](const Shortened& role) {
    return std::all_of(role.strata.begin(), role.strata.end(),
                       [](const Stratum& stratum) { return stratum.total == stratum.simulated; });
  });
}

std::vector<Program> ShortenedRoles::programs() const {
  std::vector<Program> all;
  for (const Shortened& role : roles) all.push_back(role.program);
  return all;
}

std::vector<Stratum> ShortenedRoles::longest() const {
  std::vector<Stratum> strata = roles.front().strata;
  for (const Shortened& role : roles)
    for (std::size_t i = 0; i < strata.size(); ++i)
      if (role.strata[i].total > strata[i].total) strata[i] = role.strata[i];
  return strata;
}

ShortenedRoles shorten(std::span<const Program> roles, const Rounds& rounds, const RoundTimes& pauses) {
  expect_loops(roles.front(), rounds);
  const std::vector<MarkedLoop> loops = Parser(roles, rounds).parse();
  ShortenedRoles all = SegmentWalk(roles.size()).walk(loops);
  for (std::size_t role = 0; role < roles.size(); ++role)
    all.roles[role].program = Writer(roles[role], role, pauses).write(loops);
  return all;
}

}  // namespace hecaton::sampling
