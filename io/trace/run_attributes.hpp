// The part of a trace that may differ between two runs of the same deck.
#pragma once

#include <span>
#include <string>

#include "io/files/hdf5_file.hpp"
#include "io/result/provenance.hpp"
#include "io/result/run_result.hpp"
#include "io/result/summary.hpp"

namespace hecaton::io {

// Attributes that every column has.
void describe_column(const hdf5::Handle& column, const std::string& units, const std::string& long_name);

// Writes /provenance; /deck is there already. `accounting` holds one entry per rank. Serial.
void write_provenance(const hdf5::Handle& file, const Provenance& provenance, const Summary& summary,
                      std::span<const RankAccounting> accounting);

}  // namespace hecaton::io
