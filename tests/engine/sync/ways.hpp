// Every way in which ranks may wait for each other, for typed tests: run(world, model, drive) makes an engine
// over the model, calls drive(engine) and returns the accounting.
#pragma once

#include <gtest/gtest.h>

#include <boost/mpi/communicator.hpp>

#include "core/engine/engine.hpp"
#include "core/engine/mpi/channels.hpp"
#include "core/engine/mpi/shared_channels.hpp"
#include "core/engine/mpi/transport.hpp"
#include "core/engine/sync/null_sync.hpp"
#include "tests/engine/sync/juggler.hpp"
#include "tests/engine/sync/unruly.hpp"

namespace hecaton::engine {

// What every way must come to.
inline std::vector<std::uint64_t> run_alone() {
  Juggler model(1, 0);
  Alone alone;
  Engine<Juggler, Alone> engine(model, alone);
  engine.run();
  return model.digests();
}

template <class Transport>
struct Windows {
  static constexpr bool works_ahead = true;
  template <class Model, class Drive>
  static Accounting run(const boost::mpi::communicator& world, Model& model, Drive&& drive) {
    Transport transport(world);
    WindowSync sync(transport);
    Engine<Model, WindowSync<Transport>> engine(model, sync);
    drive(engine);
    return engine.accounting();
  }
};
template <class Channels>
struct Promises {
  static constexpr bool works_ahead = false;
  template <class Model, class Drive>
  static Accounting run(const boost::mpi::communicator& world, Model& model, Drive&& drive) {
    if constexpr (requires { Channels::bytes(0); }) {
      auto memory = SharedMemory::allocate(world, Channels::bytes(model.neighbours().size()));
      if (!memory) throw std::runtime_error("no shared memory for the test");
      Channels channels(world, model.neighbours(), std::move(*memory));
      return run_over(channels, model, drive);
    } else {
      Channels channels(world, model.neighbours());
      return run_over(channels, model, drive);
    }
  }

 private:
  template <class Model, class Drive>
  static Accounting run_over(Channels& channels, Model& model, Drive&& drive) {
    NullSync sync(channels);
    Engine<Model, NullSync<Channels>> engine(model, sync);
    drive(engine);
    return engine.accounting();
  }
};

using Ways = ::testing::Types<Windows<MpiTransport<Ball>>, Windows<UnrulyTransport<MpiTransport<Ball>>>,
                              Promises<SharedChannels<Ball>>, Promises<UnrulyChannels<SharedChannels<Ball>>>,
                              Promises<MpiChannels<Ball>>, Promises<UnrulyChannels<MpiChannels<Ball>>>>;

}  // namespace hecaton::engine
