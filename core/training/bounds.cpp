#include "core/training/bounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "core/chiplet/hardware/matrix_engine.hpp"
#include "core/training/model/operators.hpp"
#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

namespace {

constexpr std::size_t most_operators = 64;  // of a layer: each has its operations in the program
constexpr Wide most_bytes = Wide{1} << 62U;
constexpr Wide most_counted = Wide{1} << 63U;
constexpr Wide most_ps = Wide{1} << 62U;
constexpr Wide most_padded = Wide{1} << 80U;  // multiply-accumulates of one operation, for matmul_time()

// Past every bound; products stay there.
constexpr Wide too_many = Wide{1} << 96U;
constexpr Wide times(Wide a, Wide b) {
  return b > 0 && a > too_many / b ? too_many : a * b;
}

[[noreturn]] void throw_too_large(const char* why) {
  throw PlanError("training.batch_sequences", "makes the step too large", why,
                  "use a smaller batch, shorter sequences or a smaller model");
}

// A bound on what one die counts: no counter of a die is more.
class DieCounts {
 public:
  explicit DieCounts(const chiplet::DieConfig& die)
      : engine_(chiplet::resolve_matrix_engine(die)), vector_(chiplet::rate_from(die.vector_GBps, 1e9)) {}

  void add(const chiplet::Op& op, Wide runs) {
    operations_ += runs;
    if (operations_ > most_counted) throw_too_large("operations of a die are counted in 64 bits");
    if (op.code == chiplet::OpCode::matmul) {
      add_product(op, runs);
    } else if (chiplet::is_collective(op.code)) {
      // Sent, received and added up: a tree of 2^32 dies sends a payload 32 times.
      count(times(64, times(runs, Wide{op.units} * op.unit_bytes)));
    } else if (op.code == chiplet::OpCode::vector) {
      count(times(4, times(runs, op.bytes)));
      take(runs, [&] { return vector_.time_of(op.bytes); });
    } else if (op.code == chiplet::OpCode::dram_read || op.code == chiplet::OpCode::dram_write) {
      count(times(2, times(runs, op.bytes)));
    }
  }

 private:
  // An array reads operands once for every row or column of results at most: 2 bytes of each of two for a
  // multiply-accumulate.
  void add_product(const chiplet::Op& op, Wide runs) {
    const Wide macs = times(times(times(op.m, op.k), op.n), op.count);
    count(times(4, times(runs, macs)));
    if (padded(op) > most_padded) return add_time(too_many);
    take(runs, [&] { return chiplet::matmul_time(engine_, {op.count, op.m, op.k, op.n}); });
  }

  // With those that a systolic array idles for.
  Wide padded(const chiplet::Op& op) const {
    const bool is_array = engine_.model == chiplet::MatrixModel::systolic;
    const Wide rows = is_array ? engine_.rows : 1, columns = is_array ? engine_.columns : 1;
    const Wide tiles = times(times(op.m / rows + 1, op.n / columns + 1), op.count);
    return times(times(tiles, rows * columns), std::max(Wide{op.k}, rows));
  }

  void count(Wide more) {
    counted_ += more;
    if (counted_ > most_counted)
      throw_too_large("multiply-accumulates and bytes of a die are counted in 64 bits");
  }

  template <class TimeOf>
  void take(Wide runs, TimeOf&& time_of) {
    Wide ps = too_many;
    try {
      ps = static_cast<Wide>(time_of().ps);
    } catch (const std::overflow_error&) {  // more than any bound
    }
    add_time(times(runs, ps));
  }

  void add_time(Wide ps) {
    busy_ps_ += ps;
    if (busy_ps_ > most_ps)
      throw_too_large("time is counted in picoseconds in 64 bits, and a die computes for more than 53 days");
  }

  chiplet::MatrixEngine engine_;
  chiplet::Rate vector_;
  Wide counted_ = 0, operations_ = 0, busy_ps_ = 0;
};

}  // namespace

PlanErrors problems_of_shapes(const ModelConfig& m) {
  if (m.hidden == 0 || m.ffn == 0 || m.heads == 0 || m.kv_heads == 0 || m.layers == 0 || m.vocabulary == 0) {
    return {{"training.model", "has a shape of 0", "every shape of a model is at least 1",
             "give hidden, ffn, heads, kv_heads, layers and vocabulary"}};
  }
  PlanErrors errors = problems_of_operators(model_of(m));
  if (m.operators.size() > most_operators) {
    errors.emplace_back("training.model.operators", "are too many",
                        fmt::format("{} of a layer", m.operators.size()),
                        fmt::format("use at most {}, and more layers", most_operators));
  }
  if (m.layers > 32767) {
    errors.emplace_back("training.model.layers", "is too large", "a trace labels layers with 16 bits",
                        "use at most 32767");
  }
  return errors;
}

void check_mesh(MeshShape mesh) {
  if (mesh.dies() > 0 && mesh.dies() <= 0xffffffff) return;
  throw PlanError("package.rows", "makes no mesh of dies", "rows and columns are at least 1",
                  "choose another mesh");
}

void check_sizes(const TrainingConfig& c) {
  const Model m = model_of(c.model);
  const Wide tokens = Wide{c.batch_sequences} * c.sequence_length;
  Wide features = 8 * Wide{m.hidden} + m.vocabulary, layer = 0;
  for (const Operator& o : m.operators) {
    features += 8 * Wide{widest_features(o)};
    layer += weights(o, m.hidden);
  }
  const Wide all = times(m.layers, layer) + Wide{2} * m.hidden * m.vocabulary;
  if (times(times(tokens, features), 16) > most_bytes || times(all, 32) > most_bytes)
    throw_too_large("bytes of a step are counted in 64 bits");
}

void check_counts(const chiplet::Program& program, const chiplet::DieConfig& die) {
  DieCounts counts(die);
  std::vector<Wide> runs{1};  // of the operations at each depth of loops
  for (const chiplet::Op& op : program) {
    if (op.code == chiplet::OpCode::loop) {
      runs.push_back(times(runs.back(), op.count));
    } else if (op.code == chiplet::OpCode::end_loop) {
      runs.pop_back();
    } else {
      counts.add(op, runs.back());
    }
  }
}

}  // namespace hecaton::training
