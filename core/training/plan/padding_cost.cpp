#include "core/training/plan/padding_cost.hpp"

#include <algorithm>

#include "core/chiplet/counts/counts.hpp"
#include "core/training/model/mask.hpp"
#include "core/training/model/models.hpp"
#include "core/training/model/trained.hpp"

namespace hecaton::training {

namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Stage;

double ratio(Wide a, Wide b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

Wide tokens_of(const TrainingConfig& c) {
  return Wide{c.batch_sequences} * c.sequence_length;
}

// Features of a layer, as far as a model has them.
struct Features {
  std::uint64_t hidden = 1, queries = 1, projected = 1, kv = 1, ffn = 1, scores = 1, words = 1;
  double routes = 1;  // of a token and expert
};

// Keys and values as often as they are there.
Features features_of(const Model& model, const Operator& o, std::uint64_t kv_copies) {
  Features f;
  f.hidden = model.hidden;
  f.words = model.vocabulary;
  if (o.kind == OperatorKind::attention) {
    f.queries = query_features(o);
    f.projected = projection_inputs(o);
    f.kv = 2 * o.head * o.kv_heads * kv_copies;
    return f;
  }
  f.ffn = o.ffn;
  f.scores = o.experts;
  f.routes = ratio(o.busy_experts(), o.experts);
  return f;
}

// Shares that are useful, each as its number without pads over that with them.
class Useful {
 public:
  // `lines`: that key/value heads lie on.
  Useful(const TrainingConfig& given, const TrainingConfig& planned, std::uint64_t lines)
      : tokens_(ratio(tokens_of(given), tokens_of(planned))),
        pairs_(ratio(given.batch_sequences * mask_of(given).pairs(given.sequence_length),
                     planned.batch_sequences * mask_of(planned).pairs(planned.sequence_length))) {
    const Model own = model_of(given.model), all = model_of(planned.model);
    for (std::size_t place = 0; place < own.operators.size(); ++place) {
      const std::uint64_t kv = std::max<std::uint64_t>(1, all.operators[place].kv_heads);
      const std::uint64_t copies = std::max<std::uint64_t>(1, lines / kv);
      real_.push_back(features_of(own, own.operators[place], copies));
      padded_.push_back(features_of(all, all.operators[place], copies));
    }
  }

  double product(const Op& op, const Meaning& m) const {
    if (op.stage == Stage::attention) return pairs_ * of(m, &Features::queries);
    return tokens_ * input(op, m) * output(op, m) * routes(m);
  }
  double exchange(const Op& op, const Meaning& m) const;

 private:
  double of(const Meaning& m, std::uint64_t Features::*what) const {
    return ratio(real_.at(m.place).*what, padded_.at(m.place).*what);
  }
  double routes(const Meaning& m) const {
    return m.spread == Spread::experts ? padded_.at(m.place).routes : 1;
  }
  static Stage linear(const Op& op, const Meaning& m) {
    return m.linear == Stage::none ? op.stage : m.linear;
  }
  double input(const Op& op, const Meaning& m) const;
  double output(const Op& op, const Meaning& m) const;

  double tokens_, pairs_;
  std::vector<Features> real_, padded_;
};

double Useful::input(const Op& op, const Meaning& m) const {
  if (linear(op, m) == Stage::attention_output) return of(m, &Features::projected);
  return of(m, linear(op, m) == Stage::ffn_down ? &Features::ffn : &Features::hidden);
}

double Useful::output(const Op& op, const Meaning& m) const {
  switch (linear(op, m)) {
    case Stage::qkv: {
      if (m.halves == 2) return of(m, m.half == 0 ? &Features::queries : &Features::kv);
      const Features &real = real_.at(m.place), &padded = padded_.at(m.place);
      return ratio(real.queries + real.kv, padded.queries + padded.kv);
    }
    case Stage::ffn_up:
      return of(m, m.verb == Verb::scores ? &Features::scores : &Features::ffn);
    case Stage::head:
      return of(m, &Features::words);
    default:
      return of(m, &Features::hidden);
  }
}

double Useful::exchange(const Op& op, const Meaning& m) const {
  const bool forward = m.pass == Pass::forward;
  switch (m.verb) {
    case Verb::gather:
      return tokens_ * routes(m) * (m.pass == Pass::input_gradient ? output(op, m) : input(op, m));
    case Verb::scatter:
      return tokens_ * routes(m) * (forward ? output(op, m) : input(op, m));
    case Verb::input_panel:
      return tokens_ * input(op, m);
    case Verb::weight_panel:
      return input(op, m) * output(op, m);
    case Verb::to_heads:
    case Verb::from_heads:
      return tokens_ * (linear(op, m) == Stage::qkv ? output(op, m) : of(m, &Features::queries));
    case Verb::score_sums:
      return tokens_ * of(m, &Features::scores);
    case Verb::norm:
    case Verb::loss_max:
    case Verb::loss_sum:
    case Verb::ranks:
    case Verb::rank_sums:
      return tokens_;
    case Verb::share_gradients:
    case Verb::share_sums:
      return tokens_ * padded_.at(m.place).routes;
    case Verb::to_experts:
    case Verb::from_experts:
      return tokens_ * padded_.at(m.place).routes * of(m, &Features::hidden);
    default:  // embedded words and their gradients
      return tokens_ * of(m, &Features::hidden);
  }
}

// All of it, and what of it is useful.
struct Sum {
  double all = 0, useful = 0;
  void add(double amount, double share) {
    all += amount;
    useful += amount * share;
  }
  double wasted() const { return all > 0 ? std::max(0.0, 1 - useful / all) : 0; }
};

struct Work {
  Sum flops, nop;
};

// What a die sends of a collective, over its payload.
double sent(const Op& op, MeshShape mesh) {
  const std::uint64_t dies = op.ring == chiplet::Ring::row      ? mesh.columns
                             : op.ring == chiplet::Ring::column ? mesh.rows
                                                                : mesh.dies();
  return (op.code == OpCode::all_reduce ? 2.0 : 1.0) * static_cast<double>(dies - 1) /
         static_cast<double>(dies);
}

void add_program(Work& work, const chiplet::Program& program, const Meanings& meanings, const Useful& useful,
                 MeshShape mesh, double dies) {
  chiplet::for_each_operation(program, [&](const Op& op, std::uint64_t times, std::uint32_t) {
    const Meaning& m = meanings.at(static_cast<std::size_t>(&op - program.data()));
    const double runs = dies * static_cast<double>(times);
    if (op.code == OpCode::matmul)
      work.flops.add(runs * static_cast<double>(Wide{op.count} * op.m * op.k * op.n), useful.product(op, m));
    if (chiplet::is_collective(op.code))
      work.nop.add(runs * sent(op, mesh) * static_cast<double>(Wide{op.units} * op.unit_bytes),
                   useful.exchange(op, m));
  });
}

// Of a token and layer, in elements: queries, keys, values and the output of attention, gate and up, and the
// stream after each operator; or the stream alone.
double saved_of_layer(const TrainingConfig& c) {
  const Model model = model_of(c.model);
  double sum = 0;
  for (const Operator& o : model.operators) {
    sum += static_cast<double>(model.hidden);
    if (c.recompute) continue;
    if (o.kind == OperatorKind::attention) {
      sum += static_cast<double>(qkv_features(o) + query_features(o));
    } else {
      sum += static_cast<double>(o.experts_per_token * up_features(o)) * ratio(o.experts, o.busy_experts());
    }
  }
  return sum;
}

// Of a token: what trained layers save, and what frozen ones leave to them.
double saved_features(const TrainingConfig& c) {
  const Trained trained = trained_of(c);
  const double left = trained.frozen_layers > 0 ? static_cast<double>(c.model.hidden) : 0;
  return static_cast<double>(trained.layers) * saved_of_layer(c) + left;
}

Sum memory_of(const Plan& plan, const TrainingConfig& given, const TrainingConfig& planned) {
  const double weights = ratio(all_weights(given.model), all_weights(planned.model));
  const double tokens = ratio(tokens_of(given), tokens_of(planned));
  const double saved = tokens * saved_features(given) / saved_features(planned);
  const double stream = tokens * ratio(given.model.hidden, planned.model.hidden);
  Sum sum;
  for (const std::uint32_t role : plan.role_of_die) {
    const Footprint& f = plan.footprints.at(role);
    sum.add(static_cast<double>(f.weights) + static_cast<double>(f.gradients) +
                static_cast<double>(f.optimizer_state),
            weights);
    sum.add(static_cast<double>(f.saved_activations), saved);
    sum.add(static_cast<double>(f.stream_gradients), stream);
  }
  return sum;
}

}  // namespace

PaddingCost padding_cost(const Plan& plan, const TrainingConfig& given, const TrainingConfig& planned,
                         MeshShape mesh, std::uint64_t kv_lines) {
  const Useful useful(given, planned, kv_lines);
  std::vector<double> dies(plan.roles.size(), 0);
  for (const std::uint32_t role : plan.role_of_die) dies.at(role) += 1;
  Work work;
  for (std::size_t role = 0; role < plan.roles.size(); ++role)
    add_program(work, plan.roles[role], plan.meanings.at(role), useful, mesh, dies[role]);
  return {work.flops.wasted(), work.nop.wasted(), memory_of(plan, given, planned).wasted()};
}

}  // namespace hecaton::training
