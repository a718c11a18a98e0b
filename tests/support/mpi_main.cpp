// main() of tests that run under mpirun: every rank runs every test; a failure on any rank fails the program.
#include <gtest/gtest.h>

#include <boost/mpi/environment.hpp>

int main(int argc, char** argv) {
  boost::mpi::environment environment(argc, argv);
  ::testing::InitGoogleTest(&argc, argv);
  // What one rank throws ends the program and says why. Caught, the others would wait for this rank for ever.
  GTEST_FLAG_SET(catch_exceptions, false);
  return RUN_ALL_TESTS();
}
