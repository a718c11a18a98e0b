#include "runs/verify/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <functional>
#include <stdexcept>
#include <variant>

#include "core/engine/engine.hpp"
#include "core/engine/mpi/transport.hpp"
#include "core/engine/sync/window_sync.hpp"
#include "core/training/model/models.hpp"
#include "core/training/model/plan_error.hpp"
#include "io/deck/workloads/kind.hpp"
#include "net/package_model.hpp"
#include "partition/partition.hpp"
#include "runs/wiring/endpoint.hpp"
#include "runs/wiring/lookahead.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

namespace {

// A die's host, with someone who follows what it computes.
template <class NetHost>
struct FollowedHost {
  ChipletHost<NetHost> host;
  DieNumbers& numbers;

  SimTime now() const { return host.now(); }
  void send(const chiplet::Message& message) { host.send(message); }
  void wake_at(SimTime time, std::uint32_t token) { host.wake_at(time, token); }
  void record(const chiplet::OperationRow&) {}
  DieNumbers& observer() { return numbers; }
};

struct FollowedDie {
  chiplet::Die die;
  DieNumbers numbers;

  template <class Host>
  FollowedHost<Host> view(Host& host) {
    return {{host, nullptr}, numbers};
  }
  template <class Host>
  void start(Host& host) {
    auto h = view(host);
    die.start(h);
  }
  template <class Host>
  void on_message(Host& host, const net::DeliveredMessage& delivered) {
    if (!delivered.complete) return;
    auto h = view(host);
    die.on_message(h, message_of(delivered));
  }
  template <class Host>
  void on_timer(Host& host, std::uint32_t token) {
    auto h = view(host);
    die.on_timer(h, token);
  }
};

struct FollowedEndpoint {
  std::variant<FollowedDie, IoNode> node;

  template <class Host>
  void start(Host& host) {
    std::visit([&](auto& n) { n.start(host); }, node);
  }
  template <class Host>
  void on_message(Host& host, const net::DeliveredMessage& delivered) {
    std::visit([&](auto& n) { n.on_message(host, delivered); }, node);
  }
  template <class Host>
  void on_timer(Host& host, std::uint32_t token) {
    std::visit([&](auto& n) { n.on_timer(host, token); }, node);
  }
};

using Model = net::PackageModel<FollowedEndpoint>;

class Maker {
 public:
  Maker(const Workload& workload, const VerifyOptions& options, const Reference& reference, Mailbox& mailbox)
      : workload_(workload),
        options_(options),
        reference_(reference),
        mailbox_(mailbox),
        programs_(workload.plan().roles) {
    if (options.spoil_programs) options.spoil_programs(programs_);
  }

  FollowedEndpoint operator()(NodeId node) const {
    if (workload_.topology().is_io(node)) return {IoNode{chiplet::IoDie(workload_.io_setup(node))}};
    chiplet::DieSetup setup = workload_.die_setup(node);
    const std::uint32_t role = workload_.plan().role_of_die[node.value];
    DieRole numbers{node,
                    &workload_.plan().meanings[role],
                    {setup.rings, setup.lines},
                    ring_places(setup, chiplet::Ring::column),
                    ring_places(setup, chiplet::Ring::row),
                    workload_.plan().minibatch_tokens};
    setup.program = &programs_[role];
    if (options_.spoil_places) options_.spoil_places(setup);
    return {
        FollowedDie{chiplet::Die(std::move(setup)), DieNumbers(std::move(numbers), reference_, mailbox_)}};
  }

 private:
  // Of the dies of a line as they lie.
  std::vector<std::uint32_t> ring_places(const chiplet::DieSetup& setup, chiplet::Ring ring) const {
    const auto index = static_cast<std::size_t>(ring);
    std::vector<std::uint32_t> places;
    for (std::uint32_t place = 0; place < setup.lines[index].size; ++place)
      places.push_back(workload_.die_setup(setup.lines[index].at(place)).rings[index].position);
    return places;
  }

  const Workload& workload_;
  const VerifyOptions& options_;
  const Reference& reference_;
  Mailbox& mailbox_;
  std::vector<chiplet::Program> programs_;
};

void require_finished(Model& model, const boost::mpi::communicator& world) {
  std::string first;
  for (const Model::Node& node : model.nodes()) {
    const auto* followed = std::get_if<FollowedDie>(&node.endpoint.node);
    if (followed == nullptr || followed->die.finished() || !first.empty()) continue;
    first = fmt::format("die {}: {}", node.id.value, followed->die.blocked_on());
  }
  std::vector<std::string> all;
  boost::mpi::all_gather(world, first, all);
  for (const std::string& line : all)
    if (!line.empty()) throw std::runtime_error("programs have not ended: " + line);
}

Findings sum_up(Model& model, const boost::mpi::communicator& world) {
  Findings mine;
  for (Model::Node& node : model.nodes()) {
    auto* followed = std::get_if<FollowedDie>(&node.endpoint.node);
    if (followed == nullptr) continue;
    const Findings one = followed->numbers.finish();
    mine.outputs += one.outputs;
    mine.input_gradients += one.input_gradients;
    mine.weight_gradients += one.weight_gradients;
    mine.wrong += one.wrong;
    mine.worst = std::max(mine.worst, one.worst);
    if (mine.first_wrong.empty()) mine.first_wrong = one.first_wrong;
  }
  Findings all = mine;
  for (std::uint64_t Findings::*count :
       {&Findings::outputs, &Findings::input_gradients, &Findings::weight_gradients, &Findings::wrong})
    boost::mpi::all_reduce(world, mine.*count, all.*count, std::plus<std::uint64_t>());
  boost::mpi::all_reduce(world, mine.worst, all.worst, boost::mpi::maximum<double>());
  std::vector<std::string> lines;
  boost::mpi::all_gather(world, mine.first_wrong, lines);
  const auto first = std::find_if(lines.begin(), lines.end(), [](const auto& l) { return !l.empty(); });
  all.first_wrong = first == lines.end() ? std::string() : *first;
  return all;
}

template <class Synchroniser>
void run_engine(Model& model, Synchroniser&& synchroniser) {
  engine::Engine<Model, std::remove_cvref_t<Synchroniser>> engine(model, synchroniser, {});
  engine.run();
}

// Whether linear layers lie on the dies in one dimension.
bool is_one_d(const training::Plan& plan) {
  return std::any_of(plan.meanings.at(0).begin(), plan.meanings.at(0).end(), [](const auto& meaning) {
    return meaning.spread == training::Spread::outputs && meaning.verb == training::Verb::product;
  });
}

// 1D: norms are followed token by token, so a die's share of a tile has to be whole tokens.
void check_shares(const Workload& workload, std::uint64_t hidden) {
  const std::uint64_t dies = workload.topology().dies();
  const training::Plan& plan = workload.plan();
  for (std::size_t i = 0; i < plan.roles.at(0).size(); ++i) {
    const chiplet::Op& op = plan.roles[0][i];
    const training::Meaning& meaning = plan.meanings.at(0)[i];
    const bool is_last = meaning.part + 1 == meaning.parts;
    if (meaning.verb != training::Verb::gather || !is_last || op.units % (dies * hidden) == 0) continue;
    throw training::PlanError(
        "training.minibatch_tokens", "makes token tiles too small to verify",
        fmt::format("{} tokens of a tile are no whole number for each of {} dies", op.units / hidden, dies),
        "use a larger mini-batch, or larger buffers");
  }
}

// Experts get equally many tokens of what a die scores at once.
void check_rounds(const Workload& workload, const training::Model& model) {
  const training::Plan& plan = workload.plan();
  for (std::size_t i = 0; i < plan.roles.at(0).size(); ++i) {
    const training::Meaning& meaning = plan.meanings.at(0)[i];
    const std::uint64_t tokens = plan.roles[0][i].m;
    if (meaning.verb != training::Verb::scores || meaning.pass == training::Pass::weight_gradient) continue;
    const training::Operator& o = model.operators.at(meaning.place);
    if (tokens % round_of(o) == 0) continue;
    throw training::PlanError(
        "training.minibatch_tokens", "makes token tiles too small to verify",
        fmt::format("{} tokens of a die, {} of {} experts each, do not give every expert equally many",
                    tokens, o.experts_per_token, o.experts),
        "use a larger mini-batch, or larger buffers");
  }
}

void check_heads(const training::Model& model, std::uint64_t dies) {
  for (const training::Operator& o : model.operators) {
    if (o.kind != training::OperatorKind::attention || dies <= o.heads) continue;
    throw training::PlanError(
        "training.model.heads", "are too few to verify this method",
        fmt::format("{} heads on {} dies: dies that share a head are not followed", o.heads, dies),
        "use at least as many heads as dies");
  }
}

// The order in which tokens are dealt out to experts: as dies have them, so that every tile of every die has
// whole rounds.
Indices dealing_order(const Workload& workload, const io::Deck& deck) {
  const std::uint64_t rows = deck.network.package.rows, columns = deck.network.package.columns;
  const std::uint64_t minibatch = workload.plan().minibatch_tokens, tokens = workload.plan().tokens;
  const bool is_1d = is_one_d(workload.plan());
  Indices order;
  for (std::uint64_t base = 0; base < tokens; base += minibatch)
    for (std::uint64_t i = 0; i < minibatch; ++i) {
      const std::uint64_t slice = minibatch / columns;  // 2D
      const std::uint64_t q = i / slice + i % slice * columns;
      order.push_back(base + (is_1d ? i : listed_token(minibatch, rows, q)));
    }
  return order;
}

}  // namespace

void check_verifiable(const io::Deck& deck) {
  using training::PlanError;
  if (!io::kind_of(deck).traits.can_be_verified) {
    throw PlanError("workload.kind", "can not be verified", "only training steps compute something",
                    "use a deck of kind \"training\"");
  }
  __extension__ using Wide = unsigned __int128;
  constexpr std::uint64_t most = 200'000'000;
  const training::ModelConfig& m = deck.as<training::TrainingConfig>().model;
  const Wide weights = Wide{m.layers} * training::layer_weights(m) + Wide{m.hidden} * m.vocabulary;
  if (weights * deck.as<training::TrainingConfig>().batch_sequences *
          deck.as<training::TrainingConfig>().sequence_length >
      most) {
    throw PlanError("training.batch_sequences", "makes the step too large to verify",
                    "tokens times weights are more than 200 million; every product is done, densely too",
                    "use fewer tokens, or a smaller model");
  }
  const std::uint64_t dies = std::uint64_t{deck.network.package.rows} * deck.network.package.columns;
  const training::Model model = training::model_of(m);
  const Workload workload(deck);
  const bool is_1d = is_one_d(workload.plan());
  if (is_1d) check_heads(model, dies);
  if (is_1d) check_shares(workload, m.hidden);
  check_rounds(workload, model);
}

Findings verify(const io::Deck& deck, const VerifyOptions& options, const boost::mpi::communicator& world) {
  check_verifiable(deck);
  const Workload workload(deck);
  net::Fabric fabric(deck.network, workload.has_io());
  const auto partition = partition::make_partition(options.partition, workload.topology(),
                                                   static_cast<std::uint32_t>(world.size()));
  Mailbox mailbox(world, partition.owner);
  const Reference reference(deck.as<training::TrainingConfig>(), dealing_order(workload, deck), options.seed);
  const Maker make(workload, options, reference, mailbox);  // has the programs that the dies run
  Model model(fabric, partition.owner, RankId{static_cast<std::uint32_t>(world.rank())}, make);
  model.set_borders(partition.owner, announcements_of(workload), {});
  if (world.size() == 1) {
    run_engine(model, engine::Alone{});
  } else {
    engine::MpiTransport<net::Payload> transport(world);
    run_engine(model, engine::WindowSync(transport));
  }
  require_finished(model, world);
  Findings findings = sum_up(model, world);
  if (!mailbox.empty() && findings.first_wrong.empty()) findings.first_wrong = "messages that nobody took";
  return findings;
}

}  // namespace hecaton::runs
