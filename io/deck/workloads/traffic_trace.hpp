// The file of a replayed trace: CSV, first the line "time_ns,source,destination,bytes", then one message a
// line. Times may have three decimals and come in any order; source and destination are dies.
#pragma once

#include <filesystem>
#include <vector>

#include "net/package/config.hpp"
#include "net/traffic/config.hpp"

namespace hecaton::io {

// Throws InputError with the line that is wrong. Whatever the file holds, this ends.
std::vector<net::ReplayPacket> read_traffic_trace(const std::filesystem::path& path,
                                                  const net::PackageConfig& package);

}  // namespace hecaton::io
