// How the collectives of a planned step are done. A method draws them as its paper does: rings one way round, one axis at
// a time. The same exchange can go both ways round a closed ring and along rows and columns at once (lanes.hpp), and an
// all-reduce of 2^k dies by halving and doubling. What a die starts and ends with stays as much, and so do all bytes.
#pragma once

#include <vector>

#include "core/chiplet/program/program.hpp"
#include "core/training/collective.hpp"
#include "core/training/model/config.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// Does every collective of the plan that can so. Throws PlanError where none can. `how` is not automatic.
void set_collectives(Plan& plan, Collectives how, MeshShape mesh, const RingLinks& links);

// The ways to do an operation of a step over the same axes: as it is, and both ways round. Not by halving and doubling:
// its messages share links, which closed forms do not know, and what is so small gains nothing.
std::vector<chiplet::Op> ways_of(const chiplet::Op& op, const RingLinks& links);

// A line for each kind of collective that the plan has: over which groups, and how.
std::vector<PlanFact> collective_facts(const Plan& plan);

}  // namespace hecaton::training
