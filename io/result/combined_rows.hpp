// Counters of all dies of all ranks, combined into one value per field as the list of fields says: sums are
// exact, whatever the number of dies, and maxima need no more room than what they are of.
#pragma once

#include <algorithm>
#include <array>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "core/engine/base/fields.hpp"
#include "io/deck/workloads/outcome.hpp"

namespace hecaton::io {

// One value per field of a row; 0 for a field that is not combined.
template <HasFields Row>
class CombinedRows {
 public:
  // Collective: `rows` are this rank's.
  CombinedRows(std::span<const Row> rows, const boost::mpi::communicator& comm) {
    add_sums(rows, comm);
    add_maxima(rows, comm);
  }

  template <auto Member>
  Wide of() const {
    return values_[field_index<Member>];
  }

 private:
  static constexpr std::size_t count = field_count<Row>;

  // Each count travels as two 32-bit halves, so that the sum over up to 2^32 dies cannot overflow on the way.
  void add_sums(std::span<const Row> rows, const boost::mpi::communicator& comm) {
    std::array<std::uint64_t, 2 * count> halves{}, all{};
    for_each_combined<Combine::sum>(rows, [&](std::size_t i, std::uint64_t value) {
      halves[2 * i] += value & 0xffffffffU;
      halves[2 * i + 1] += value >> 32U;
    });
    boost::mpi::all_reduce(comm, halves.data(), static_cast<int>(halves.size()), all.data(), std::plus<>());
    for (std::size_t i = 0; i < count; ++i) values_[i] = Wide{all[2 * i]} + (Wide{all[2 * i + 1]} << 32U);
  }

  void add_maxima(std::span<const Row> rows, const boost::mpi::communicator& comm) {
    std::array<std::uint64_t, count> most{}, all{};
    for_each_combined<Combine::maximum>(
        rows, [&](std::size_t i, std::uint64_t value) { most[i] = std::max(most[i], value); });
    boost::mpi::all_reduce(comm, most.data(), static_cast<int>(count), all.data(),
                           boost::mpi::maximum<std::uint64_t>());
    for (std::size_t i = 0; i < count; ++i) values_[i] += all[i];
  }

  // Calls f(index of the field, value) for each such field of each row.
  template <Combine how, class F>
  static void for_each_combined(std::span<const Row> rows, F&& f) {
    for (const Row& row : rows) {
      std::size_t i = 0;
      for_each_field<Row>([&](const auto& field) {
        if constexpr (std::unsigned_integral<typename std::decay_t<decltype(field)>::Value>)
          if (field.combine == how) f(i, row.*field.member);
        ++i;
      });
    }
  }

  std::array<Wide, count> values_{};
};

}  // namespace hecaton::io
