// A trace given by a user may be any file. It is read, or refused with one clear line; it never takes the
// program down.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/stat.h>

#include <boost/mpi/communicator.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "io/files/child_process.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/files/input_error.hpp"
#include "io/files/seal.hpp"
#include "io/result/summary.hpp"
#include "tests/io/trace/synthetic.hpp"

namespace {

namespace fs = std::filesystem;
namespace hdf5 = hecaton::io::hdf5;
using hecaton::io::InputError;
using hecaton::io::read_summary;

class HostileTrace : public ::testing::Test {
 protected:
  HostileTrace() { synthetic::write(good_, synthetic::owners()[0].owner, world_); }

  std::string bytes() const {
    std::ostringstream text;
    text << std::ifstream(good_, std::ios::binary).rdbuf();
    return text.str();
  }
  fs::path put(const std::string& content) const {
    const fs::path path = scratch_ / "bad.h5";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  // The message of the refusal; a failure of the test if there is none.
  static std::string refusal(const fs::path& path) {
    try {
      read_summary(path);
    } catch (const InputError& error) {
      return error.what();
    }
    ADD_FAILURE() << path << " was read";
    return {};
  }
  static void expect_refusal(const fs::path& path, const std::string& part) {
    const std::string message = refusal(path);
    EXPECT_TRUE(message.starts_with(path.string() + ": ")) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  // A file with these two texts and this schema, otherwise as a trace has them.
  fs::path make(std::int64_t schema, const std::string& results, const std::string& run) const {
    const fs::path path = scratch_ / "made.h5";
    hdf5::Handle file = hdf5::create(path);
    hdf5::write_attribute(file, "schema", schema);
    hdf5::write_text(file, "summary", results);
    hdf5::write_text(hdf5::create_group(file, "provenance"), "run", run);
    file.close();
    return path;
  }

  boost::mpi::communicator world_;
  synthetic::Scratch scratch_{world_};
  fs::path good_ = scratch_ / "good.h5";
};

TEST_F(HostileTrace, AGoodOneIsReadWhole) {
  const auto summary = read_summary(good_);
  const auto run = synthetic::result(synthetic::owners()[0].owner, 0, 1);
  EXPECT_EQ(hecaton::io::to_json(summary), hecaton::io::to_json(hecaton::io::make_summary(
                                               synthetic::deck(), run, synthetic::facts(), world_)));
}

TEST_F(HostileTrace, WhatIsNoFileIsNamed) {
  expect_refusal(scratch_ / "missing.h5", "there is no such file");
  expect_refusal(scratch_.folder(), "it is a folder");
  const fs::path pipe = scratch_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_refusal(pipe, "it is no regular file");
}

TEST_F(HostileTrace, WhatIsNotHdf5IsNamed) {
  expect_refusal(put(""), "not an HDF5 file");
  expect_refusal(put("[workload]\nkind = \"training\"\n"), "not an HDF5 file");
  expect_refusal(put(std::string(1 << 20, '\0')), "not an HDF5 file");
}

TEST_F(HostileTrace, ATruncatedTraceIsRefusedAtEveryLength) {
  const std::string whole = bytes();
  for (std::size_t length = 0; length < whole.size(); length += 511) refusal(put(whole.substr(0, length)));
  refusal(put(whole.substr(0, whole.size() - 1)));
}

// The two texts of a summary, and a digit of a counter.
TEST_F(HostileTrace, OneChangedByteAnywhereIsRefused) {
  const std::string whole = bytes();
  for (std::size_t at = 0; at < whole.size() - whole.size() % 997; at += 997) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    expect_refusal(put(damaged), "");
  }
  std::string digit = whole;
  const std::size_t at = digit.find("\"simulated_ps\": ") + 16;
  ASSERT_LT(at, digit.size());
  digit[at] = digit[at] == '9' ? '8' : static_cast<char>(digit[at] + 1);
  expect_refusal(put(digit), "its checksum is not that of its contents");
}

// Without a seal, as h5repack leaves it.
class RepackedTrace : public HostileTrace {
 protected:
  RepackedTrace() {
    const hdf5::Handle whole = hdf5::open(good_);
    hdf5::Handle file = hdf5::create(path_);
    hdf5::write_attribute(file, "schema", std::int64_t{1});
    for (const char* name : {"summary", "provenance", "deck", "dies", "links", "operations"})
      hdf5::copy_object(whole, name, file);
    file.close();
  }
  // Another last byte of a dataset.
  void change(const std::string& name) const {
    const hdf5::Handle file(H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    const hdf5::Handle dataset(H5Dopen2(file.id(), name.c_str(), H5P_DEFAULT), H5Dclose);
    const hdf5::Handle type(H5Dget_type(dataset.id()), H5Tclose);
    std::string cells(H5Dget_storage_size(dataset.id()), '\0');
    ASSERT_GE(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, cells.data()), 0);
    cells.back() = static_cast<char>(cells.back() ^ 1);
    ASSERT_GE(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, cells.data()), 0);
  }
  void expect_changed(const std::function<void(const hdf5::Handle&)>& read) const {
    const hdf5::Handle file = hdf5::open(path_);
    try {
      read(file);
      ADD_FAILURE() << "it was read";
    } catch (const hdf5::Error& error) {
      EXPECT_NE(std::string(error.what()).find("its checksum is not that of its contents"), std::string::npos)
          << error.what();
    }
  }

  fs::path path_ = scratch_ / "repacked.h5";
};

TEST_F(RepackedTrace, IsRead) {
  read_summary(path_);
  hdf5::open_numbers(hdf5::open(path_), "operations/end_ps", hdf5::Cell::i64, 1'000'000);
}

TEST_F(RepackedTrace, OneChangedByteIsRefused) {
  change("summary");
  expect_refusal(path_, "its checksum is not that of its contents");
  for (const char* column : {"operations/end_ps", "operations/kind", "dies/row", "links/bytes"}) {
    change(column);
    expect_changed(
        [&](const hdf5::Handle& file) { hdf5::open_numbers(file, column, hdf5::Cell::i64, 1'000'000); });
  }
  change("operations/offsets");
  expect_changed([](const hdf5::Handle& file) { hdf5::read_counts(file, "operations/offsets", 1'000); });
}

TEST_F(HostileTrace, WhatMayNotBeReadIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  ASSERT_EQ(::chmod(good_.c_str(), 0), 0);
  expect_refusal(good_, "Permission denied");
}

// A few damaged bytes anywhere, under a checksum that is right: read or refused, in either case by a program that is still there.
TEST_F(HostileTrace, DamagedBytesDoNoHarm) {
  const std::string whole = bytes();
  std::size_t refused = 0;
  for (std::uint64_t round = 0; round < 300; ++round) {
    std::string damaged = whole;
    for (std::uint64_t i = 0; i < 4; ++i) {
      const std::size_t reach = i % 2 == 0 ? 2048 : whole.size();  // the file's own structure lies in front
      damaged[synthetic::hash(round, 2 * i) % reach] = static_cast<char>(synthetic::hash(round, 2 * i + 1));
    }
    try {
      const fs::path path = put(damaged);
      hecaton::io::seal(path);
      read_summary(path);
    } catch (const InputError& error) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10U);
}

TEST(Isolated, ReturnsTheTextAndTheMessageAndSurvivesADeath) {
  using hecaton::io::isolated;
  const std::string long_text(1 << 20, 'x');  // more than a pipe holds
  EXPECT_EQ(isolated([&] { return long_text; }), long_text);
  const auto message = [](const std::function<std::string()>& work) {
    try {
      return isolated(work);
    } catch (const std::runtime_error& error) {
      return std::string("refused: ") + error.what();
    }
  };
  EXPECT_EQ(message([]() -> std::string { throw std::logic_error("no good"); }), "refused: no good");
  EXPECT_EQ(message([]() -> std::string { std::abort(); }), "refused: reading it crashes");
  EXPECT_EQ(message([]() -> std::string {
              std::raise(SIGALRM);
              return "";
            }),
            "refused: reading it takes for ever");
}

TEST_F(HostileTrace, MissingPartsAreNamed) {
  const fs::path path = scratch_ / "bare.h5";
  hdf5::create(path).close();
  expect_refusal(path, "'schema'");
  hdf5::Handle file = hdf5::create(path);
  hdf5::write_attribute(file, "schema", std::int64_t{1});
  file.close();
  expect_refusal(path, "'summary'");
  expect_refusal(make(1, "{}", "{}"), "schema: is missing");
}

TEST_F(HostileTrace, ANewerSchemaIsNamed) {
  expect_refusal(make(2, "{}", "{}"), "its schema is 2");
}

TEST_F(HostileTrace, WrongTypesAreNamed) {
  const fs::path path = scratch_ / "typed.h5";
  const auto make_with = [&](auto&& add) {
    hdf5::Handle file = hdf5::create(path);
    hdf5::write_attribute(file, "schema", std::int64_t{1});
    add(file);
    file.close();
    return path;
  };
  const std::vector<std::uint32_t> numbers{1, 2, 3};
  expect_refusal(make_with([&](const hdf5::Handle& file) {
                   hdf5::write_column<std::uint32_t>(file, "summary", numbers);
                 }),
                 "not a single text");
  expect_refusal(make_with([](const hdf5::Handle& file) { hdf5::create_group(file, "summary"); }),
                 "'summary'");
  hdf5::Handle file = hdf5::create(path);
  hdf5::write_attribute(file, "schema", "one");
  file.close();
  expect_refusal(path, "not a single integer");
}

TEST_F(HostileTrace, AnAbsurdSizeIsRefusedBeforeMemoryIsTaken) {
  const fs::path path = scratch_ / "huge.h5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hdf5::Handle owner(file, H5Fclose);
  hdf5::write_attribute(owner, "schema", std::int64_t{1});
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, std::size_t{1} << 40U);
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_alloc_time(properties, H5D_ALLOC_TIME_LATE);
  const hid_t dataset = H5Dcreate2(file, "summary", type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  ASSERT_GE(dataset, 0);
  H5Dclose(dataset);
  H5Pclose(properties);
  H5Sclose(space);
  H5Tclose(type);
  owner.close();
  expect_refusal(path, "not credible");
}

TEST_F(HostileTrace, ATextInAnotherFileIsNotFollowed) {
  const fs::path path = scratch_ / "linked.h5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hdf5::Handle owner(file, H5Fclose);
  hdf5::write_attribute(owner, "schema", std::int64_t{1});
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, 100);
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(properties, "/etc/passwd", 0, 100);
  H5Dclose(H5Dcreate2(file, "summary", type, space, H5P_DEFAULT, properties, H5P_DEFAULT));
  H5Pclose(properties);
  H5Sclose(space);
  H5Tclose(type);
  owner.close();
  expect_refusal(path, "lies in another file");
}

TEST_F(HostileTrace, ALinkToAnotherFileIsNotFollowed) {
  const fs::path path = scratch_ / "linked.h5";
  hdf5::Handle file = hdf5::create(path);
  hdf5::write_attribute(file, "schema", std::int64_t{1});
  ASSERT_GE(H5Lcreate_external(good_.c_str(), "/summary", file.id(), "summary", H5P_DEFAULT, H5P_DEFAULT), 0);
  ASSERT_GE(
      H5Lcreate_external(good_.c_str(), "/provenance", file.id(), "provenance", H5P_DEFAULT, H5P_DEFAULT), 0);
  file.close();
  expect_refusal(path, "a link to somewhere else");
}

TEST_F(HostileTrace, TextsThatAreNoSummaryAreNamed) {
  expect_refusal(make(1, "not json", "{}"), "holds no JSON object");
  expect_refusal(make(1, std::string(500'000, '['), "{}"), "holds no JSON object");
  expect_refusal(make(1, "", ""), "holds no JSON object");
  expect_refusal(make(1, "{\"schema\": \"\\u001b[2J\"}", "{}"), "schema: is not a whole number");
}

}  // namespace
