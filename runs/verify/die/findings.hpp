// What has been compared with the dense step, and what was wrong.
#pragma once

#include <cstdint>
#include <string>

#include "core/engine/base/ids.hpp"
#include "runs/verify/dense/tensor_name.hpp"

namespace hecaton::runs {

struct Findings {
  std::uint64_t outputs = 0;           // elements of Y, of X, of the stream
  std::uint64_t input_gradients = 0;   // of dX, of dY, of the stream's gradient
  std::uint64_t weight_gradients = 0;  // of dW
  std::uint64_t wrong = 0;             // of all these, or needed and not there
  double worst = 0;                    // relative error
  std::string first_wrong;             // where
};

inline constexpr double tolerated_error = 1e-10;

// The findings of one die.
class DieFindings {
 public:
  explicit DieFindings(NodeId die) : die_(die) {}

  // Counts an element in `counter` of the findings, and its error.
  void compare(Number got, Number expected, std::uint64_t Findings::*counter, const std::string& where);
  // Something is wrong with an operation of this linear layer.
  void wrong_operation(const Linear& linear, std::int32_t layer, const std::string& what);
  // An element is needed and has not been computed on this die.
  void not_there(const TensorName& name, std::uint64_t row, std::uint64_t feature);
  // After the run: so many elements should have been computed.
  void missing(const std::string& what, std::uint64_t count);

  const Findings& all() const { return all_; }

 private:
  NodeId die_;
  Findings all_;
};

}  // namespace hecaton::runs
