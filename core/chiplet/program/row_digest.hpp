// The fingerprint of operation rows: two runs whose rows differ anywhere have different digests, up to
// chance.
#pragma once

#include <cstdint>

#include "core/chiplet/program/records.hpp"
#include "core/engine/base/digest.hpp"

namespace hecaton::chiplet {

constexpr void add_row(Digest& digest, const OperationRow& row) {
  const auto label = static_cast<std::uint64_t>(row.kind) << 56 |
                     static_cast<std::uint64_t>(row.stage) << 48 |
                     static_cast<std::uint64_t>(static_cast<std::uint16_t>(row.layer)) << 32 |
                     static_cast<std::uint32_t>(row.minibatch);
  digest.add(row.die);
  digest.add(label);
  digest.add(static_cast<std::uint64_t>(row.start_ps));
  digest.add(static_cast<std::uint64_t>(row.end_ps));
  digest.add(row.bytes);
}

}  // namespace hecaton::chiplet
