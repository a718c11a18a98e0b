#include "runs/verify/die_follower.hpp"

#include <utility>
#include <vector>

#include "runs/verify/die/adapters.hpp"
#include "runs/verify/die/attention.hpp"
#include "runs/verify/die/expert_shares.hpp"
#include "runs/verify/die/experts.hpp"
#include "runs/verify/die/gathers.hpp"
#include "runs/verify/die/panels.hpp"
#include "runs/verify/die/pointwise.hpp"
#include "runs/verify/die/products.hpp"
#include "runs/verify/die/scalars.hpp"

namespace hecaton::runs {

using chiplet::Work;
using training::Meaning;
using training::Pass;
using training::Spread;
using training::Verb;

// Each part knows those above it.
struct DieFollower::Parts {
  Parts(DieRole role, const PaddedStep& dense) : step(std::move(role), dense) {}

  const Meaning& meaning(const Work& work) const { return step.places.meaning(work); }

  DieStep step;
  DiePanels panels{step};
  DiePointwise pointwise{step};
  DieScalars scalars{step, pointwise};
  DieExperts experts{step};
  DieExpertShares shares{step, experts};
};

DieFollower::DieFollower(DieRole role, const PaddedStep& dense, Mailbox& mailbox)
    : parts_(std::make_unique<Parts>(std::move(role), dense)), mailbox_(&mailbox) {}
DieFollower::~DieFollower() = default;
DieFollower::DieFollower(DieFollower&&) noexcept = default;
DieFollower& DieFollower::operator=(DieFollower&&) noexcept = default;

// ---- products, and the vector unit

void DieFollower::multiply(const Work& work) {
  const Meaning& m = parts_->meaning(work);
  DieStep& step = parts_->step;
  if (work.op.stage == chiplet::Stage::attention)
    step.hand.attention_macs += work.op.count * work.op.m * work.op.k * work.op.n;
  if (m.verb == Verb::attention)
    return m.pass == Pass::forward ? attend(step, work) : attend_backward(step, work);
  if (m.verb == Verb::scores) return parts_->shares.score(work);
  if (m.verb == Verb::rank_product) return multiply_ranks(step, work);
  if (m.verb == Verb::adapted) return add_adapted(step, work);
  if (m.verb == Verb::adapter_a || m.verb == Verb::adapter_b) return add_adapter_gradient(step, work);
  if (m.verb != Verb::product) return;
  switch (m.spread) {
    case Spread::grid:
    case Spread::grid_transposed:
      return multiply_on_grid(step, work);
    case Spread::summa:
      return parts_->panels.multiply(work);
    case Spread::outputs:
      return multiply_by_outputs(step, work);
    case Spread::inputs:
      return multiply_by_inputs(step, work);
    case Spread::experts:
      return parts_->experts.multiply(work);
  }
}

void DieFollower::touch(const Work& work) {
  const Meaning& m = parts_->meaning(work);
  DiePointwise& pointwise = parts_->pointwise;
  const bool forward = m.pass == Pass::forward;
  switch (m.verb) {
    case Verb::activation:
      // 1D: one pass of the vector unit does both, forward once more and backward.
      if (forward || parts_->step.places.is_one_d()) pointwise.activate(work);
      if (!forward) pointwise.activate_backward(work);
      return;
    case Verb::residual:
      return forward ? pointwise.add_residual(work) : pointwise.add_residual_backward(work);
    case Verb::norm:  // 2D: part of a collective
      return m.pass == Pass::input_gradient ? pointwise.norm_backward(work) : pointwise.norm_gathered(work);
    case Verb::norm_again:
      return pointwise.norm_again(work);
    case Verb::shares:
      return parts_->shares.share(work);
    case Verb::combine:
      return parts_->shares.combine(work);
    case Verb::adapted:
      return add_adapted(parts_->step, work);
    default:
      return;
  }
}

// ---- collectives

namespace {

bool is_of_experts(const Meaning& m) {
  return m.spread == Spread::experts || (is_wide(m) && !is_scalar(m));
}

}  // namespace

void DieFollower::begin(const Work& work) {
  const Meaning& m = parts_->meaning(work);
  DieStep& step = parts_->step;
  if (m.verb == Verb::none) return;
  step.payload.begin(work);
  if (is_scalar(m)) return parts_->scalars.begin(work);
  if (is_of_experts(m)) return parts_->experts.begin(work);
  switch (m.verb) {
    case Verb::gather:
      return begin_gather(step, work);
    case Verb::scatter:
    case Verb::embedding:
      return begin_scatter(step, work);
    case Verb::to_heads:
    case Verb::from_heads:
      return begin_heads(step, work);
    case Verb::ranks:
    case Verb::rank_sums:
      return begin_ranks(step, work);
    default:
      return parts_->panels.begin(work);
  }
}

void DieFollower::end(const Work& work) {
  const Meaning& m = parts_->meaning(work);
  DieStep& step = parts_->step;
  if (m.verb == Verb::none) return;
  if (is_scalar(m)) return parts_->scalars.end(work);
  if (is_of_experts(m)) return parts_->experts.end(work);
  switch (m.verb) {
    case Verb::gather:
      return end_gather(step, work);
    case Verb::scatter:
    case Verb::embedding:
      return end_scatter(step, work);
    case Verb::to_heads:
    case Verb::from_heads:
      return end_heads(step, work);
    case Verb::ranks:
    case Verb::rank_sums:
      return end_ranks(step, work);
    default:
      return parts_->panels.end(work);
  }
}

void DieFollower::send(const Work& work, const chiplet::Exchange& now, std::uint32_t step,
                       const chiplet::Message& message) {
  if (parts_->meaning(work).verb == Verb::none) return;
  mailbox_->post(message.destination, message.tag, parts_->step.payload.sent(work, now, step));
}

void DieFollower::receive(const Work& work, const chiplet::Exchange& now, std::uint32_t step,
                          std::uint64_t tag) {
  if (parts_->meaning(work).verb == Verb::none) return;
  DiePayload& payload = parts_->step.payload;
  const Numbers contents = mailbox_->take(parts_->step.places.id(), tag);
  const std::vector<DiePayload::Range> ranges = payload.received_ranges(work, now, step);
  if (parts_->step.fits(contents, DiePayload::size_of(ranges), work))
    payload.receive(work, now, ranges, contents);
}

Findings DieFollower::finish() {
  parts_->step.sheets.finish(parts_->step.tokens);
  return parts_->step.findings.all();
}

}  // namespace hecaton::runs
