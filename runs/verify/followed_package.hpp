// A package of dies with followers, run to its end, and the findings of all ranks.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/mpi/transport.hpp"
#include "core/engine/sync/window_sync.hpp"
#include "net/package_model.hpp"
#include "runs/verify/die/findings.hpp"
#include "runs/verify/mailbox.hpp"
#include "runs/wiring/endpoint.hpp"
#include "runs/wiring/lookahead.hpp"

namespace hecaton::runs {

template <class Follower>
using FollowedDie = DieNodeOf<Follower>;
template <class Follower>
using FollowedPackage = net::PackageModel<EndpointOf<FollowedDie<Follower>, IoNode>>;

namespace detail {

template <class Follower>
void require_finished(FollowedPackage<Follower>& model, const boost::mpi::communicator& world) {
  std::string first;
  for (const auto& node : model.nodes()) {
    const auto* followed = std::get_if<FollowedDie<Follower>>(&node.endpoint.node);
    if (followed == nullptr || followed->die.finished() || !first.empty()) continue;
    first = fmt::format("die {}: {}", node.id.value, followed->die.blocked_on());
  }
  std::vector<std::string> all;
  boost::mpi::all_gather(world, first, all);
  for (const std::string& line : all)
    if (!line.empty()) throw std::runtime_error("programs have not ended: " + line);
}

template <class Follower>
Findings sum_up(FollowedPackage<Follower>& model, const boost::mpi::communicator& world) {
  Findings mine;
  for (auto& node : model.nodes()) {
    auto* followed = std::get_if<FollowedDie<Follower>>(&node.endpoint.node);
    if (followed == nullptr) continue;
    const Findings one = followed->observer.finish();
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

template <class Model, class Synchroniser>
void run_engine(Model& model, Synchroniser&& synchroniser) {
  engine::Engine<Model, std::remove_cvref_t<Synchroniser>> engine(model, synchroniser, {});
  engine.run();
}

}  // namespace detail

// Collective. `make(node)` gives each node its endpoint; messages go by `mailbox`.
template <class Follower, class Make>
Findings run_followed(const Workload& workload, const std::vector<RankId>& owner_of, const Mailbox& mailbox,
                      const Make& make, const boost::mpi::communicator& world) {
  net::Fabric fabric(workload.deck().network, workload.has_io());
  FollowedPackage<Follower> model(fabric, owner_of, RankId{static_cast<std::uint32_t>(world.rank())}, make);
  model.set_regions(owner_of, bypass_links_of(workload), {});
  if (world.size() == 1) {
    detail::run_engine(model, engine::Alone{});
  } else {
    engine::MpiTransport<net::Payload> transport(world);
    detail::run_engine(model, engine::WindowSync(transport));
  }
  detail::require_finished<Follower>(model, world);
  Findings findings = detail::sum_up<Follower>(model, world);
  if (!mailbox.empty() && findings.first_wrong.empty()) findings.first_wrong = "messages that nobody took";
  return findings;
}

}  // namespace hecaton::runs
