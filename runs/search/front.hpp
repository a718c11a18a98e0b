// Which of several values of goals are not worse than another in everything: the Pareto front.
//
// A value has a number per goal, smaller being better. One dominates another if it is no larger in any goal and smaller in
// one; equal values do not dominate each other. The front is what nothing dominates.
#pragma once

#include <cstddef>
#include <vector>

namespace hecaton::runs {

using GoalValues = std::vector<double>;

bool dominates(const GoalValues& a, const GoalValues& b);

// What nothing has dominated of the values that were added: each has the number that it was added with.
class Front {
 public:
  struct Member {
    GoalValues values;
    std::size_t number = 0;
  };

  void add(GoalValues values, std::size_t number);
  // By a member.
  bool is_dominated(const GoalValues& values) const;
  // In the order of the first goal, then the others, then the number.
  std::vector<Member> members() const;

 private:
  std::vector<Member> members_;
};

// An order in which to simulate points whose least values are known, the most promising first: those that nothing
// dominates before all others, and among these the least sum of logarithms of values over the best of each goal.
std::vector<std::size_t> promising_first(const std::vector<GoalValues>& least);

}  // namespace hecaton::runs
