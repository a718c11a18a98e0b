// What the package of a run costs, beside what it does for that.
#pragma once

#include "core/engine/base/fields.hpp"

namespace hecaton::io {

struct CostSummary {
  double die_mm2 = 0;        // a compute die
  double substrate_mm2 = 0;  // all dies, spaced
  double package_usd = 0;    // a good package with its memory; 0: it cannot be made, see cost::PackageCost
  // For so much throughput, and for so much energy efficiency: less is better in each.
  double usd_per_tokens_per_s = 0;
  double usd_per_tokens_per_mJ = 0;

  static constexpr auto fields() {
    using C = CostSummary;
    return FieldList(field<&C::die_mm2>("die_mm2", "mm2"), field<&C::substrate_mm2>("substrate_mm2", "mm2"),
                     field<&C::package_usd>("package_usd", "USD"),
                     field<&C::usd_per_tokens_per_s>("usd_per_tokens_per_s", "USD s"),
                     field<&C::usd_per_tokens_per_mJ>("usd_per_tokens_per_mJ", "USD mJ"));
  }
};
static_assert(lists_every_member<CostSummary>);

}  // namespace hecaton::io
