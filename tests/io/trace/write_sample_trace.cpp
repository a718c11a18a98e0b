// Writes the synthetic run's trace to the path it is given.
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>

#include "tests/io/trace/synthetic.hpp"

int main(int argc, char** argv) {
  boost::mpi::environment environment(argc, argv);
  if (argc != 2) return 2;
  synthetic::write(argv[1], synthetic::owners()[1].owner, boost::mpi::communicator());
  return 0;
}
