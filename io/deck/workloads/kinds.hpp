// The kinds of workload that there are: one row of the list below for each, and one file of this folder that says
// all there is to say of it: the keys of its decks and their checks, what the dies do, and what its summary
// holds. Nothing else of the program lists kinds: everything follows from this list and from the rows that are
// made of it (kind.hpp).
//
// A kind is a class with the members that `row_of` in kinds.cpp names; one that is missing does not compile.
#pragma once

#include <variant>

#include "io/deck/workloads/collective.hpp"
#include "io/deck/workloads/execution.hpp"
#include "io/deck/workloads/traffic.hpp"
#include "io/deck/workloads/training.hpp"

namespace hecaton::io {

template <class... Kind>
struct KindList {
  using Config = std::variant<typename Kind::Config...>;
  using Summary = std::variant<typename Kind::Summary...>;
};

// In the order in which they are offered to users.
using WorkloadKinds = KindList<  //
    TrainingKind,                //
    CollectiveKind,              //
    TrafficKind,                 //
    ExecutionKind>;

// What a deck says of its workload, and what a summary says of its run. The alternative is the kind.
using WorkloadConfig = WorkloadKinds::Config;
using WorkloadSummary = WorkloadKinds::Summary;

}  // namespace hecaton::io
