// The names in which the members of a kind of workload are declared. The headers of the kinds include this alone,
// because a deck holds their settings and so must not be needed to declare them.
#pragma once

#include <string_view>
#include <variant>

#include "io/deck/workloads/report_line.hpp"
#include "io/deck/workloads/traits.hpp"

namespace hecaton::net {
class Traffic;
struct TrafficConfig;
}  // namespace hecaton::net

namespace hecaton::io {

struct Deck;
struct Entry;
struct Execution;
struct Outcome;
struct Programs;
struct Refuser;
struct Table;
using DieWork = std::variant<Programs, net::Traffic, Execution>;

}  // namespace hecaton::io
