// main() of tests that run under mpirun: every rank runs every test; a failure on any rank fails the program.
#include <gtest/gtest.h>

#include <boost/mpi/environment.hpp>

int main(int argc, char** argv) {
  boost::mpi::environment environment(argc, argv);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
