// Where the energy of a run went.
#pragma once

#include "core/engine/base/fields.hpp"

namespace hecaton::io {

struct EnergySummary {  // joules over the whole package and run
  double compute = 0;
  double sram = 0;
  double nop = 0;  // links and routers
  double dram = 0;
  double static_power = 0;  // "static" in JSON
  double total = 0;         // the sum of the five above

  static constexpr auto fields() {
    using E = EnergySummary;
    return FieldList(field<&E::compute>("compute", "J"), field<&E::sram>("sram", "J"),
                     field<&E::nop>("nop", "J"), field<&E::dram>("dram", "J"),
                     field<&E::static_power>("static", "J"), field<&E::total>("total", "J"));
  }
};
static_assert(lists_every_member<EnergySummary>);

}  // namespace hecaton::io
