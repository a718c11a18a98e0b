// The table of workload kinds holds together: each row is reached by its name, by its deck and by its summary, and
// a deck of each kind is read, described and planned without anybody naming the kind.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/training/model/plan_error.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/writer.hpp"
#include "tests/io/deck/deck_file.hpp"

namespace hecaton::io::kinds_test {
namespace {

using test::load;

TEST(WorkloadKinds, AreFoundByNameAndByWhatTheyMake) {
  std::set<std::string_view> names;
  for (const WorkloadKind& kind : workload_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_EQ(find_workload_kind(kind.name), &kind);
    EXPECT_EQ(&kind_of(default_deck(kind)), &kind);
    const ModelFacts facts;
    EXPECT_EQ(&kind_of(kind.summarise(default_deck(kind), {facts, {}, {}, {}, {}})), &kind) << kind.name;
  }
  EXPECT_EQ(names.size(), std::variant_size_v<WorkloadConfig>);
  EXPECT_EQ(names.size(), std::variant_size_v<WorkloadSummary>);
  EXPECT_EQ(find_workload_kind("no-such-kind"), nullptr);
}

TEST(WorkloadKinds, PlanTheirDefaultDeckAsTheirTraitsSay) {
  for (const WorkloadKind& kind : workload_kinds()) {
    const Deck deck = load(dump_default(kind)).deck;
    ASSERT_EQ(&kind_of(deck), &kind);
    if (kind.name == "execution") {  // what it runs are files, of which a default deck names none
      EXPECT_THROW(kind.die_work(deck), training::PlanError);
      continue;
    }
    const DieWork work = kind.die_work(deck);
    const auto* programs = std::get_if<Programs>(&work);
    EXPECT_EQ(programs != nullptr, kind.traits.runs_programs) << kind.name;
    EXPECT_EQ(kind.packets(deck) == nullptr, kind.traits.runs_programs) << kind.name;
    if (programs == nullptr) continue;
    const net::PackageConfig& package = deck.network.package;
    EXPECT_EQ(programs->plan.role_of_die.size(), std::size_t{package.rows} * package.columns) << kind.name;
  }
}

TEST(WorkloadKinds, OwnTheirTablesAlone) {
  for (const WorkloadKind& kind : workload_kinds()) {
    for (const Table& table : kind.tables()) {
      for (const WorkloadKind& other : workload_kinds())
        EXPECT_EQ(belongs_to(*find_table(table.name), other), &other == &kind) << table.name;
    }
  }
}

TEST(WorkloadKinds, AllowDeadDiesOrRefuseThem) {
  for (const WorkloadKind& kind : workload_kinds()) {
    const std::string text = "[workload]\nkind = \"" + std::string(kind.name) +
                             "\"\n[package]\ntopology = \"mesh\"\ndead_dies = \"5\"\n[router]\nrouting = "
                             "\"up-down\"\n";
    if (kind.traits.allows_dead_dies) {
      EXPECT_NO_THROW(load(text)) << kind.name;
    } else {
      EXPECT_THROW(load(text), InputError) << kind.name;
    }
  }
}

}  // namespace
}  // namespace hecaton::io::kinds_test
