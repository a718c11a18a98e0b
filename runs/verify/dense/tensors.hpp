// What the dense step computes on, and the tensors that it fills one after another.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "runs/verify/dense/drawn.hpp"
#include "runs/verify/dense/expert_routes.hpp"
#include "runs/verify/dense/number.hpp"
#include "runs/verify/dense/step_shape.hpp"
#include "runs/verify/dense/tensor_name.hpp"

namespace hecaton::runs {

// Shape, drawn weights, words and labels, and routes of a step: all that it starts from.
struct StepInputs {
  StepInputs(const training::TrainingConfig& config, ExpertRoutes of_tokens, std::uint64_t seed)
      : shape(config), drawn(shape, seed), routes(std::move(of_tokens)) {}
  StepInputs(const StepInputs&) = delete;
  StepInputs& operator=(const StepInputs&) = delete;

  const StepShape shape;
  const DrawnInputs drawn;
  const ExpertRoutes routes;
};

struct DenseMatrix {
  std::uint64_t columns = 0;
  Numbers numbers;
  std::uint64_t rows() const { return numbers.size() / columns; }
  Number& at(std::uint64_t row, std::uint64_t column) { return numbers[row * columns + column]; }
  Number at(std::uint64_t row, std::uint64_t column) const { return numbers[row * columns + column]; }
};

inline DenseMatrix zeros(std::uint64_t rows, std::uint64_t columns) {
  return {columns, Numbers(rows * columns, 0.0)};
}

class DenseTensors {
 public:
  // `shape` must outlive this.
  explicit DenseTensors(const StepShape& shape) : shape_(&shape) {}

  // All zeros. References to tensors stay valid.
  DenseMatrix& make(const TensorName& name, std::uint64_t rows, std::uint64_t columns) {
    return tensors_[name] = zeros(rows, columns);
  }
  DenseMatrix& edit(const TensorName& name) { return tensors_.at(shape_->kept_as(name)); }
  bool has(const TensorName& name) const { return tensors_.contains(shape_->kept_as(name)); }
  const DenseMatrix& get(const TensorName& name) const { return tensors_.at(shape_->kept_as(name)); }

 private:
  const StepShape* shape_;
  std::map<TensorName, DenseMatrix> tensors_;
};

}  // namespace hecaton::runs
