// `hecaton verify DECK`: follows a small training step, or a collective, with real numbers and compares with a dense
// reference.
// Fails if anything differs.
#include "runs/verify/verify.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <cstdio>
#include <exception>
#include <limits>
#include <memory>
#include <string>

#include "io/deck/workloads/kind.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/cli/number.hpp"
#include "runs/cli/options.hpp"
#include "runs/commands/commands.hpp"
#include "runs/verify/verifiable.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {
namespace {

struct VerifyArguments {
  DeckArguments input;
  std::uint64_t seed = 1;
};

// Collective: rank 0 judges the deck, and plans it for that.
SharedDeck checked_deck(const VerifyArguments& arguments, const boost::mpi::communicator& world,
                        std::shared_ptr<const PlannedDeck>& planned) {
  return share_deck(world, [&] {
    CheckedDeck checked = check_deck_input(arguments.input, world.size());
    planned = checked.planned;
    require_plan(checked.loaded, [&] { check_verifiable(planned->workload); });
    return checked;
  });
}

void print_collective(const Findings& found) {
  fmt::print("elements  {}\nlargest relative error {:.2g}, tolerated {:g}\n", found.outputs, found.worst,
             tolerated_error);
  if (found.first_wrong.empty()) {
    fmt::print("every die ends with what the collective promises\n");
  } else {
    fmt::print("{} of {} are wrong; the first: {}\n", found.wrong, found.outputs, found.first_wrong);
  }
  std::fflush(stdout);
}

void print_findings(const Findings& found) {
  const std::uint64_t all = found.outputs + found.input_gradients + found.weight_gradients;
  fmt::print("outputs           {} elements\n", found.outputs);
  fmt::print("input gradients   {} elements\n", found.input_gradients);
  fmt::print("weight gradients  {} elements\n", found.weight_gradients);
  fmt::print("largest relative error {:.2g}, tolerated {:g}\n", found.worst, tolerated_error);
  if (found.first_wrong.empty()) {
    fmt::print("the step computes what a dense reference does\n");
  } else {
    fmt::print("{} of {} are wrong; the first: {}\n", found.wrong, all, found.first_wrong);
  }
  std::fflush(stdout);
}

int verify_deck(const VerifyArguments& arguments, const boost::mpi::communicator& world) {
  std::shared_ptr<const PlannedDeck> planned;
  const SharedDeck shared = checked_deck(arguments, world, planned);
  if (shared.code != exit_done) return shared.code;
  try {
    if (planned == nullptr)
      planned = std::make_shared<const PlannedDeck>(io::parse_deck(shared.text, shared.name));
    VerifyOptions options;
    options.partition = arguments.input.partition;
    options.seed = arguments.seed;
    const Findings found = verify(planned->workload, options, world);
    const bool is_step = io::kind_of(planned->deck).traits.computes;
    if (world.rank() == 0) (is_step ? print_findings : print_collective)(found);
    return found.first_wrong.empty() ? exit_done : exit_failed;
  } catch (const std::exception& error) {
    return end_all(world, error.what());
  }
}

Action add_verify_options(CLI::App& command) {
  const auto arguments = std::make_shared<VerifyArguments>();
  add_deck(command, arguments->input);
  add_number(command, "--seed", arguments->seed, 0, std::numeric_limits<std::uint64_t>::max(),
             "Of the numbers");
  return [arguments](const Session& session) { return verify_deck(*arguments, *session.world); };
}

}  // namespace

const Command verify_command{
    .name = "verify",
    .summary =
        "Follow a small training step or a collective with real numbers and compare with a dense reference",
    .add_options = add_verify_options,
    .on_ranks = true};

}  // namespace hecaton::runs
