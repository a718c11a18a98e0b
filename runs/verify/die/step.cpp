#include "runs/verify/die/step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace hecaton::runs {

using chiplet::Work;

DieStep::DieStep(DieRole role, const PaddedStep& dense)
    : inputs(dense.inputs()),
      shape(inputs.shape),
      places(std::move(role), shape),
      features(places, shape),
      tokens(places),
      findings(places.id()),
      sheets(dense, places, features, findings),
      payload(places) {}

void DieStep::fail(const std::string& what, const Work& work) {
  findings.wrong_operation(places.linear_of(work), work.layer, what);
}

bool DieStep::fits(const Numbers& numbers, std::uint64_t size, const Work& work) {
  if (numbers.size() == size) return true;
  fail(fmt::format("{} numbers where {} belong", numbers.size(), size), work);
  return false;
}

void DieStep::keep_result(const Work& work) {
  hand.result = payload.numbers();
  if (work.op.code == chiplet::OpCode::reduce_scatter) hand.result = payload.own(work);
}

Numbers DieStep::passed_on(const Work& work, Number fill) const {
  if (work.op.code == chiplet::OpCode::all_gather) return payload.with_own(work, hand.result, fill);
  Numbers from = hand.result;
  from.resize(payload.numbers().size(), fill);
  return from;
}

void DieStep::keep_partly(const Indices& rows, const Indices& columns, const Numbers& numbers) {
  std::size_t i = 0;
  for (const std::uint64_t row : rows)
    for (const std::uint64_t column : columns) hand.partly[{row, column}] = numbers.at(i++);
}

Numbers DieStep::rows_of(const Held& held, const Indices& rows, std::uint64_t width, const Work& work) {
  Numbers numbers(rows.size() * width, 0.0);
  if (!fits(held.numbers, held.rows.size() * width, work)) return numbers;
  std::map<std::uint64_t, std::size_t> place_of;
  for (std::size_t i = 0; i < held.rows.size(); ++i) place_of[held.rows[i]] = i;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at = place_of.find(rows[i]);
    if (at == place_of.end()) {
      fail(fmt::format("token {} is needed and other tokens are there", rows[i]), work);
      continue;
    }
    std::copy_n(held.numbers.begin() + static_cast<std::ptrdiff_t>(at->second * width), width,
                numbers.begin() + static_cast<std::ptrdiff_t>(i * width));
  }
  return numbers;
}

}  // namespace hecaton::runs
