#include "runs/cli/shared_execution.hpp"

#include <boost/mpi/collectives.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <string>
#include <vector>

namespace boost::serialization {

template <class Archive>
void serialize(Archive& archive, hecaton::io::execution::Groups& groups, unsigned) {
  archive& groups.ranks& groups.members& groups.by_name;
}

template <class Archive>
void serialize(Archive& archive, hecaton::io::execution::Survey& survey, unsigned) {
  archive& survey.nodes& survey.sends& survey.collectives& survey.computations& survey.transfers;
  archive& survey.unknown_fields& survey.operations& survey.sent_bytes& survey.moved_bytes& survey.nodes_of;
}

}  // namespace boost::serialization

namespace hecaton::runs {

void share_execution(std::optional<io::Execution>& work, const boost::mpi::communicator& world) {
  bool is_there = work.has_value();
  boost::mpi::broadcast(world, is_there, 0);
  if (!is_there) return work.reset();
  if (!work) work.emplace();
  std::vector<std::string> files(work->files.of_rank.begin(), work->files.of_rank.end());
  boost::mpi::broadcast(world, files, 0);
  boost::mpi::broadcast(world, work->files.groups, 0);
  boost::mpi::broadcast(world, work->survey, 0);
  boost::mpi::broadcast(world, work->die_of_rank, 0);
  work->files.of_rank.assign(files.begin(), files.end());
}

}  // namespace hecaton::runs
