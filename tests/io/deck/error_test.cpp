// Every class of bad input ends in one line of the shape
//   file:line:column: table.key: problem (why it is one) suggestion
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>
#include <string>

#include "core/training/model/models.hpp"
#include "tests/io/deck/deck_file.hpp"

namespace hecaton::io::error_test {
namespace {

using test::DeckFile;
using test::error_of;
using test::error_of_path;

constexpr std::string_view training = "[workload]\nkind = \"training\"\n";

std::string training_with(std::string_view rest) {
  return std::string(training) + std::string(rest);
}

TEST(DeckFileErrors, Missing) {
  const DeckFile file("");
  EXPECT_EQ(error_of_path(file.folder() / "other.toml", file.folder()),
            "other.toml: does not exist (no such file) check the path");
}

TEST(DeckFileErrors, Directory) {
  const DeckFile file("");
  EXPECT_EQ(error_of_path(file.folder() / ".", file.folder()),
            ".: is a directory (a deck is a file) name a file in it");
}

TEST(DeckFileErrors, PipeIsRefusedWithoutWaiting) {
  const DeckFile file("");
  const auto pipe = file.folder() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error_of_path(pipe, file.folder()),
            "pipe: is not a regular file (a deck is a text file) copy it into one");
}

TEST(DeckFileErrors, NotReadable) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads every file";
  const DeckFile file(training);
  std::filesystem::permissions(file.path(), std::filesystem::perms::none);
  EXPECT_EQ(error_of_path(file.path(), file.folder()),
            "deck.toml: cannot be read (Permission denied) check the path and its permissions");
}

TEST(DeckFileErrors, UnderAFile) {
  const DeckFile file(training);
  EXPECT_EQ(error_of_path(file.path() / "x", file.folder()),
            "deck.toml/x: cannot be read (Not a directory) check the path and its permissions");
}

TEST(DeckFileErrors, Empty) {
  EXPECT_EQ(
      error_of(""),
      "deck.toml: is empty (a deck needs a [workload] table) start from \"hecaton dump-default training\"");
}

TEST(DeckFileErrors, TooLargeIsNotRead) {
  const DeckFile file("");
  std::filesystem::resize_file(file.path(), 100'000'000);
  EXPECT_EQ(error_of_path(file.path(), file.folder()),
            "deck.toml: is too large (100000000 bytes; a deck has at most 1048576) check that it is a deck");
}

TEST(DeckFileErrors, NotToml) {
  EXPECT_TRUE(error_of("[workload]\nkind = training\n").starts_with("deck.toml:2:10: is not TOML ("));
  EXPECT_TRUE(error_of("\x7f"
                       "ELF\x02\x01\x01")
                  .starts_with("deck.toml:1:1: is not TOML ("));
  EXPECT_TRUE(error_of(std::string(100, '\0')).starts_with("deck.toml:1:1: is not TOML ("));
  EXPECT_TRUE(
      error_of(training_with("[package]\nrows = 4\nrows = 5\n")).starts_with("deck.toml:5:8: is not TOML ("));
}

TEST(DeckKeyErrors, UnknownKey) {
  EXPECT_EQ(
      error_of(training_with("[link]\nbandwith_GBps = 64\n")),
      "deck.toml:4:1: link.bandwith_GBps: is not a key (the keys are preset, bandwidth_GBps, latency_ns, "
      "flit_bytes, energy_pJ_per_bit, overrides) did you mean \"bandwidth_GBps\"?");
  EXPECT_EQ(error_of(training_with("[link]\nzzzzzzzz = 64\n")),
            "deck.toml:4:1: link.zzzzzzzz: is not a key (the keys are preset, bandwidth_GBps, latency_ns, "
            "flit_bytes, energy_pJ_per_bit, overrides) remove it");
  EXPECT_EQ(
      error_of(training_with("[link]\npacket_bytes = 64\n")),
      "deck.toml:4:1: link.packet_bytes: is not a key (the keys are preset, bandwidth_GBps, latency_ns, "
      "flit_bytes, energy_pJ_per_bit, overrides) it belongs under [interface]");
}

TEST(DeckKeyErrors, TheFirstOfSeveralIsNamed) {
  EXPECT_TRUE(error_of(training_with("[router]\nroutings = 1\n[link]\nbandwith = 1\n"))
                  .starts_with("deck.toml:4:1: router.routings: is not a key ("));
}

TEST(DeckKeyErrors, UnknownTable) {
  const std::string message = error_of(training_with("[pakage]\nrows = 4\n"));
  EXPECT_TRUE(
      message.starts_with("deck.toml:3:2: pakage: is not a table (the tables are workload, package, link"))
      << message;
  EXPECT_TRUE(message.ends_with(") did you mean \"package\"?")) << message;
}

TEST(DeckKeyErrors, KeyOutsideOfTables) {
  EXPECT_EQ(error_of("rows = 4\n[workload]\nkind = \"training\"\n"),
            "deck.toml:1:1: rows: stands in no table (every key belongs to one) put it under [package]");
}

TEST(DeckKeyErrors, TableOfAnotherKind) {
  EXPECT_EQ(error_of(training_with("[traffic]\nseed = 1\n")),
            "deck.toml:3:2: traffic: does not belong here (workload.kind is \"training\") remove it or "
            "change the kind");
}

TEST(DeckKeyErrors, NamesWithControlCharactersStayOnOneLine) {
  const std::string message = error_of(training_with("[link]\n\"a\\nb\\u001b[31m\" = 1\n"));
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_TRUE(message.starts_with("deck.toml:4:1: link.a\\x0ab\\x1b[31m: is not a key (")) << message;
}

TEST(DeckKeyErrors, LongNamesAreCut) {
  const std::string message = error_of(training_with("[link]\n" + std::string(200'000, 'x') + " = 1\n"));
  EXPECT_LT(message.size(), 400U);
  EXPECT_TRUE(message.starts_with("deck.toml:4:1: link.xxxx")) << message;
}

TEST(DeckWorkloadErrors, Missing) {
  const std::string rest =
      "is missing (a deck says what it simulates) add kind = \"training\", \"collective\", "
      "\"traffic\" or \"execution\" under [workload]";
  EXPECT_EQ(error_of("# nothing\n"), "deck.toml: workload: " + rest);
  EXPECT_EQ(error_of("[package]\nrows = 4\n[workload]\n"), "deck.toml:3:2: workload.kind: " + rest);
}

TEST(DeckWorkloadErrors, UnknownKind) {
  EXPECT_EQ(
      error_of("[workload]\nkind = \"trafic\"\n"),
      "deck.toml:2:1: workload.kind: cannot be \"trafic\" (available are training, collective, traffic, execution) "
      "did you mean \"traffic\"?");
}

TEST(DeckTypeErrors, WrongTypes) {
  EXPECT_EQ(error_of(training_with("[package]\nrows = \"four\"\n")),
            "deck.toml:4:1: package.rows: is a text (a whole number is needed) give 1 to 65536");
  EXPECT_EQ(
      error_of(training_with("[package]\nrows = 4.0\n")),
      "deck.toml:4:1: package.rows: is a floating-point number (a whole number is needed) give 1 to 65536");
  EXPECT_EQ(error_of(training_with("[die]\npeak_TFLOPS = true\n")),
            "deck.toml:4:1: die.peak_TFLOPS: is true or false (a number is needed) give 0.001 to 1000000");
  EXPECT_EQ(
      error_of(training_with("[training]\noverlap = 1\n")),
      "deck.toml:4:1: training.overlap: is a whole number (true or false is needed) give true or false");
  EXPECT_EQ(error_of(training_with("[package]\nrows = [4]\n")),
            "deck.toml:4:1: package.rows: is an array (a whole number is needed) give 1 to 65536");
  EXPECT_EQ(error_of(training_with("[router]\nrouting = 1979-05-27\n")),
            "deck.toml:4:1: router.routing: is a date or time (a text is needed) give one of xy, yx, o1turn, "
            "adaptive, up-down");
  EXPECT_EQ(error_of("[[workload]]\nkind = \"training\"\n"),
            "deck.toml:1:3: workload: is an array (a table is needed) write [workload]");
}

TEST(DeckTypeErrors, NotFinite) {
  EXPECT_EQ(error_of(training_with("[die]\npeak_TFLOPS = nan\n")),
            "deck.toml:4:1: die.peak_TFLOPS: is not finite (nan) give 0.001 to 1000000");
  EXPECT_EQ(error_of(training_with("[link]\nlatency_ns = -inf\n")),
            "deck.toml:4:1: link.latency_ns: is not finite (-inf) give 0 to 1000000");
}

TEST(DeckTypeErrors, OutOfRange) {
  EXPECT_EQ(error_of(training_with("[router]\nvirtual_channels = 17\n")),
            "deck.toml:4:1: router.virtual_channels: is out of range (17 is not in 1 to 16) give a value in "
            "that range");
  EXPECT_EQ(
      error_of(training_with("[package]\nrows = 0\n")),
      "deck.toml:4:1: package.rows: is out of range (0 is not in 1 to 65536) give a value in that range");
  EXPECT_EQ(error_of(training_with("[link]\nlatency_ns = -0.5\n")),
            "deck.toml:4:1: link.latency_ns: is out of range (-0.5 is not in 0 to 1000000) give a value in "
            "that range");
  EXPECT_TRUE(error_of(training_with("[package]\nrows = 99999999999999999999\n"))
                  .starts_with("deck.toml:4:28: is not TOML ("));
}

TEST(DeckTypeErrors, ValuesThatDoNotExist) {
  EXPECT_EQ(
      error_of(training_with("[package]\ntopology = \"hypercube\"\n")),
      "deck.toml:4:1: package.topology: cannot be \"hypercube\" (available are mesh, bypass-ring, torus) "
      "choose one of them");
  EXPECT_EQ(error_of(training_with("[training]\nmethod = \"zero\"\n")),
            "deck.toml:4:1: training.method: cannot be \"zero\" (available are hecaton, megatron-flat-ring, "
            "megatron-torus-ring, optimus) "
            "choose one of them");
  EXPECT_EQ(error_of(training_with("[training]\nmodel = \"llama2-13b\"\n")),
            "deck.toml:4:1: training.model: cannot be \"llama2-13b\" (available are " +
                joined(hecaton::training::model_names()) +
                ") "
                "did you mean \"llama2-7b\"?");
}

TEST(DeckModelErrors, OperatorsAreKindsWithTheirShapes) {
  const auto why = [](const std::string& list) {
    const std::string text = error_of(
        training_with("[training]\n[training.model]\nname = \"llama2-7b\"\noperators = \"" + list + "\"\n"));
    const std::string start = "deck.toml:6:1: training.model.operators: does not have the form (";
    EXPECT_TRUE(text.starts_with(start)) << text;
    return text.substr(start.size(), text.find(") give items") - start.size());
  };
  EXPECT_EQ(why("convolution"), "\"convolution\" is no operator; there are attention, feed-forward, experts");
  EXPECT_EQ(why("attention;"), "\"\" is no operator; there are attention, feed-forward, experts");
  EXPECT_EQ(why("attention: ffn 64"), "\"ffn 64\" is no shape of attention");
  EXPECT_EQ(why("attention: gated 1"), "\"gated 1\" is no shape of attention");
  EXPECT_EQ(why("feed-forward: experts 2"), "\"experts 2\" is no shape of feed-forward");
  EXPECT_EQ(why("feed-forward: gated 2"), "\"gated 2\" is no shape of feed-forward");
  EXPECT_EQ(why("feed-forward: ffn 0"), "\"ffn 0\" is not in 1 to 16000000");
  EXPECT_EQ(why("feed-forward: ffn wide"), "\"ffn wide\" is no key and whole number");
  EXPECT_EQ(why("feed-forward:"), "\"feed-forward:\" names no shape");
}

TEST(DeckModelErrors, AnUnknownModelNeedsAllShapes) {
  EXPECT_EQ(error_of(training_with("[training.model]\nhidden = 64\n")),
            "deck.toml:3:11: training.model.ffn: is missing (the model's name is not that of a known model) "
            "give all "
            "shapes, or a name of " +
                joined(hecaton::training::model_names()));
  EXPECT_EQ(error_of(training_with("[training.model]\nname = \"a b\"\n")),
            "deck.toml:4:1: training.model.name: cannot be \"a b\" (it names things in files and tables) use "
            "1 to 64 "
            "of letters, digits and . _ + -");
}

TEST(DeckCheckErrors, Package) {
  EXPECT_EQ(error_of(training_with("[package]\nrows = 300\ncolumns = 300\n")),
            "deck.toml:4:1: package.rows: makes too many dies (300 rows x 300 columns; at most 65536 dies) "
            "choose a smaller mesh");
}

TEST(DeckCheckErrors, LinksAndPackets) {
  EXPECT_EQ(
      error_of(training_with("[link]\nflit_bytes = 1\nbandwidth_GBps = 2000\n")),
      "deck.toml:4:1: link.flit_bytes: makes a cycle too short (1 bytes at 2000 GB/s take 0.5 ps; time is "
      "counted in whole picoseconds) use larger flits");
  EXPECT_EQ(error_of(training_with("[interface]\npacket_bytes = 1000\n")),
            "deck.toml:4:1: interface.packet_bytes: is not a whole number of flits (1000 bytes in flits of "
            "64) use a "
            "multiple of 64");
  EXPECT_EQ(
      error_of(training_with("[router]\nbuffer_flits = 63\n")),
      "deck.toml:4:1: router.buffer_flits: is too small (cut-through switching stores a whole packet of 64 "
      "flits) use at least 64 or smaller packets");
  EXPECT_EQ(error_of(training_with("[router]\nbuffer_flits = 8\nswitching = \"wormhole\"\n")), "");
}

TEST(DeckCheckErrors, Traffic) {
  const auto traffic = [](std::string_view rest) {
    return error_of("[workload]\nkind = \"traffic\"\n" + std::string(rest));
  };
  EXPECT_EQ(traffic("[package]\nrows = 4\n[traffic]\npattern = \"transpose\"\n"),
            "deck.toml:6:1: traffic.pattern: does not fit the mesh (\"transpose\" needs a square; it has 4 x "
            "8 dies) "
            "choose another pattern or mesh");
  EXPECT_EQ(traffic("[package]\nrows = 6\n[traffic]\npattern = \"shuffle\"\n"),
            "deck.toml:6:1: traffic.pattern: does not fit the mesh (\"shuffle\" permutes the bits of a die's "
            "number; "
            "48 dies are no power of two) choose another pattern or mesh");
  EXPECT_EQ(traffic("[traffic]\nhotspot_die = 64\n"),
            "deck.toml:4:1: traffic.hotspot_die: is not a die (dies are 0 to 63) choose one of them");
  EXPECT_EQ(traffic("[package]\nrows = 1\ncolumns = 1\n"),
            "deck.toml:4:1: package.rows: makes one die only (traffic needs a sender and a receiver) use a "
            "larger mesh");
  EXPECT_EQ(traffic("[router]\nswitching = \"cut-through\"\n[traffic]\npacket_flits = 9\n"),
            "deck.toml:3:2: router.buffer_flits: is too small (cut-through switching stores a whole packet "
            "of 9 flits) "
            "use at least 9 or smaller packets");
}

TEST(DeckCheckErrors, Collectives) {
  const auto collective = [](std::string_view rest) {
    return error_of("[workload]\nkind = \"collective\"\n" + std::string(rest));
  };
  EXPECT_EQ(
      collective("[collective]\nalgorithm = \"hamiltonian-ring\"\n"),
      "deck.toml:4:1: collective.algorithm: does not fit the group (a hamiltonian-ring runs over the whole "
      "package) choose group = \"package\" or another algorithm");
  EXPECT_EQ(
      collective("[collective]\nalgorithm = \"naive-ring\"\ngroup = \"package\"\n"),
      "deck.toml:4:1: collective.algorithm: does not fit the group (this ring runs along a row or a column) "
      "choose \"hamiltonian-ring\" or another group");
  EXPECT_EQ(collective("[package]\ntopology = \"mesh\"\n[collective]\nalgorithm = \"bypass-ring\"\n"),
            "deck.toml:6:1: collective.algorithm: does not fit the topology (the dies of a plain mesh have "
            "no bypass) "
            "choose package.topology = \"bypass-ring\" or the algorithm \"naive-ring\"");
  EXPECT_EQ(
      collective("[package]\nrows = 3\ncolumns = 3\n[collective]\ngroup = \"package\"\n"),
      "deck.toml:7:1: collective.group: has no ring over the package (a cycle through all dies needs an even "
      "number of them and two rows and columns; the mesh is 3 x 3) choose another mesh, or the group "
      "\"rows\" "
      "or \"columns\"");
}

// Two ways round need rings whose links lead both ways, and two axes a package that has them.
TEST(DeckCheckErrors, DirectionsAndAxes) {
  const auto collective = [](std::string_view topology, std::string_view size, std::string_view rest) {
    return error_of(
        fmt::format("[workload]\nkind = \"collective\"\n[package]\ntopology = \"{}\"\n{}[collective]\n{}",
                    topology, size, rest));
  };
  constexpr const char* four = "rows = 4\ncolumns = 4\n";
  EXPECT_EQ(collective("torus", four, "directions = 2\n"), "");
  EXPECT_EQ(
      collective("mesh", four, "directions = 2\n"),
      "deck.toml:8:1: collective.directions: finds no second way round (a ring along a row or column without a "
      "link from end to end, or of two dies, uses the links of both ways already) use directions = 1, or "
      "topology = \"torus\" and three dies or more");
  EXPECT_NE(collective("bypass-ring", four, "directions = 2\n"), "");
  EXPECT_NE(collective("torus", "rows = 4\ncolumns = 2\n", "directions = 2\n"), "");
  EXPECT_EQ(collective("mesh", four, "directions = 2\ngroup = \"package\"\n"), "") << "round the package";
  EXPECT_EQ(
      collective("torus", four, "directions = 3\n"),
      "deck.toml:8:1: collective.directions: is out of range (3 is not in 1 to 2) give a value in that range");
  EXPECT_EQ(
      collective("torus", four, "directions = 2\nalgorithm = \"halving-doubling\"\n"),
      "deck.toml:8:1: collective.directions: does not fit the algorithm (two ways round are for rings, and for "
      "\"direct\" all-to-all) choose another algorithm or directions = 1");
  EXPECT_EQ(
      collective("torus", four, "axes = \"all\"\n"),
      "deck.toml:8:1: collective.axes: does not fit the group (a row or a column has one axis) choose group = "
      "\"package\" or axes = \"one\"");
  EXPECT_EQ(
      collective("torus", "rows = 1\ncolumns = 4\n", "axes = \"all\"\ngroup = \"package\"\n"),
      "deck.toml:8:1: collective.axes: does not fit the package (one of its axes has a single die; the mesh is 1 x "
      "4) choose another mesh, or axes = \"one\" and the group \"rows\" or \"columns\"");
  EXPECT_NE(collective("mesh", four, "axes = \"all\"\ngroup = \"package\"\ndirections = 2\n"), "");
  EXPECT_NE(
      collective("torus", four, "axes = \"all\"\ngroup = \"package\"\nalgorithm = \"halving-doubling\"\n"),
      "");
  EXPECT_NE(collective("torus", four, "axes = \"all\"\ngroup = \"package\"\nalgorithm = \"torus-ring\"\n"),
            "");
  EXPECT_NE(collective("torus", four,
                       "axes = \"all\"\ngroup = \"package\"\nform = \"step-synchronous\"\nstep_ns = 100\n"),
            "");
  EXPECT_EQ(collective("torus", four, "axes = \"all\"\ngroup = \"package\"\nbytes = 3\n"), "")
      << "fewer than dies";
  EXPECT_EQ(
      error_of("[workload]\nkind = \"collective\"\n[interface]\nports = 3\n"),
      "deck.toml:4:1: interface.ports: does not divide the links of a die (3 ports for links in 4 directions) use "
      "1, 2 or 4");
}

// A message has at most 2^32 - 65536 bytes; how many a payload makes depends on the algorithm.
TEST(DeckCheckErrors, LargePayloads) {
  const auto payload = [](std::string_view algorithm, std::string_view operation, std::string_view bytes) {
    return error_of(
        fmt::format("[workload]\nkind = \"collective\"\n[package]\nrows = 4\ncolumns = 4\n"
                    "[collective]\nalgorithm = \"{}\"\noperation = \"{}\"\nbytes = {}\n",
                    algorithm, operation, bytes));
  };
  EXPECT_EQ(payload("ring", "all-gather", "17179607040"), "");
  EXPECT_EQ(
      payload("ring", "all-gather", "17179607041"),
      "deck.toml:9:1: collective.bytes: makes a message too large (4294901761 bytes in one message; a "
      "message has at most 4294901760 bytes) use at most 17179607040, a larger group, or an algorithm that "
      "sends smaller parts");
  EXPECT_EQ(payload("direct", "all-to-all", "17179607040"), "");
  EXPECT_EQ(payload("halving-doubling", "all-reduce", "8589803520"), "");
  EXPECT_NE(payload("halving-doubling", "all-reduce", "8589803521"), "");
  EXPECT_EQ(payload("tree", "broadcast", "4294901760"), "");
  EXPECT_NE(payload("tree", "broadcast", "4294901761"), "");
  EXPECT_EQ(payload("ring", "broadcast", "34359214080"), "") << "in 8 chunks";
  EXPECT_NE(payload("ring", "all-to-all", "17179607040"), "");
  EXPECT_NE(payload("ring", "all-gather", "1125899906842625").find("out of range"), std::string::npos);
}

TEST(DeckCheckErrors, LengthsOfTraffic) {
  const auto traffic = [](std::string_view rest) {
    return error_of("[workload]\nkind = \"traffic\"\n" + std::string(rest));
  };
  EXPECT_EQ(
      traffic("[link]\nflit_bytes = 65536\n[traffic]\npacket_flits = 65536\n"),
      "deck.toml:6:1: traffic.packet_flits: makes packets too large (65536 flits of 65536 bytes; a packet "
      "has at most 4294901760 bytes) use at most 65535");
  EXPECT_EQ(
      traffic("[link]\nflit_bytes = 65536\nbandwidth_GBps = 0.001\n[traffic]\n"
              "measure_cycles = 1000000000\n"),
      "deck.toml:7:1: traffic.measure_cycles: makes the run too long (1000005000 cycles of 65536000000 ps; "
      "all cycles together are at most half of simulated time, 70368744 of them) use fewer cycles, smaller "
      "flits or faster links");
}

TEST(OverrideErrors, Shapes) {
  constexpr const char* form =
      ": is not an assignment (it has the form table.key=value) for example --set package.rows=8";
  for (const std::string text : {"", "rows", "rows=4", "=", "package.rows", "pack age.rows=4", "=4"}) {
    EXPECT_EQ(error_of(training, {text}), "--set \"" + text + "\"" + form);
  }
  EXPECT_EQ(error_of(training, {"package.rows=x\ny"}).find('\n'), std::string::npos);
}

TEST(OverrideErrors, NamesComeBeforeValues) {
  const std::string error = error_of(training, {"training.metod=hecaton"});
  EXPECT_NE(error.find("is not a key"), std::string::npos) << error;
  EXPECT_NE(error.find("did you mean \"method\"?"), std::string::npos) << error;
}

TEST(OverrideErrors, Values) {
  EXPECT_TRUE(error_of(training, {"package.rows=four"})
                  .starts_with("--set \"package.rows=four\": package.rows: is not a TOML value ("));
  EXPECT_EQ(error_of(training, {"package.rows=4\ncolumns=5"}),
            "--set \"package.rows=4\\x0acolumns=5\": package.rows: is more than one value (--set gives one "
            "value to "
            "one key) use one --set for each key");
  EXPECT_EQ(error_of(training, {"package.rows=4.5"}),
            "--set \"package.rows=4.5\": package.rows: is a floating-point number (a whole number is needed) "
            "give 1 to "
            "65536");
  EXPECT_EQ(error_of(training, {"router.virtual_channels=0"}),
            "--set \"router.virtual_channels=0\": router.virtual_channels: is out of range (0 is not in 1 to "
            "16) give "
            "a value in that range");
}

TEST(OverrideErrors, Names) {
  EXPECT_TRUE(error_of(training, {"package.row=4"}).ends_with("did you mean \"rows\"?"));
  EXPECT_TRUE(error_of(training, {"pakage.rows=4"}).ends_with("did you mean \"package\"?"));
}

// Random damage to a good deck is either read or refused in one line; nothing else may happen.
TEST(HostileDecks, RandomDamageIsRefusedInOneLine) {
  const std::string good = training_with(
      "[package]\nrows = 4\ncolumns = 4\n[link]\npreset = \"none\"\nlatency_ns = 2.5e0\n[training.model]\n"
      "hidden = 64\nffn = 128\nheads = 8\nkv_heads = 4\nlayers = 2\nvocabulary = 256\n");
  std::mt19937 random(20240);
  const std::string_view alphabet = "[]{}=.,\"'#\n\\ 09aeinf_-+\xc3\x28\x80";
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (int hit = 0; hit <= round % 4; ++hit) {
      text[random() % text.size()] = alphabet[random() % alphabet.size()];
    }
    try {
      parse_deck(text, "deck.toml");
    } catch (const InputError& error) {
      ++refused;
      ASSERT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos);
      ASSERT_TRUE(std::string_view(error.what()).starts_with("deck.toml")) << error.what();
    }
  }
  EXPECT_GT(refused, 1000);
}

// Nested deeply enough to overflow the stack of a recursive parser or destructor.
TEST(HostileDecks, DeepNestingIsRefused) {
  constexpr std::size_t depth = 100'000;
  std::string dotted = "a";
  for (std::size_t i = 0; i < depth; ++i) dotted += ".a";
  for (const std::string& text : {dotted + " = 1\n", "[" + dotted + "]\n", "a = " + std::string(depth, '['),
                                  "#\r" + dotted + " = 1\n", "x = {" + dotted + " = 1}\n"}) {
    const std::string message = error_of(training_with(text));
    EXPECT_TRUE(message.starts_with("deck.toml")) << message;
    EXPECT_FALSE(error_of(training, {"package.rows=" + text}).empty());
  }
  EXPECT_EQ(error_of(training_with("[" + dotted + "]\n")),
            "deck.toml:3:65: nests too deep (at most 64 levels of tables and lists are read) check the dots "
            "and brackets before this place");
  EXPECT_TRUE(
      error_of(training, {"package.rows=" + std::string(70, '[')}).find("package.rows: nests too deep") !=
      std::string::npos);
}

// A point between digits is no nesting; in the name of a table or key it is.
TEST(HostileDecks, DecimalPointsAreNoNesting) {
  std::string values = "1.5";
  for (int i = 0; i < 3000; ++i) values += ", 0.5,1.5e-3";
  EXPECT_EQ(error_of(training_with("[link]\nlatency_ns = [" + values + "]\n")).find("nests too deep"),
            std::string::npos);
  std::string dotted = "1";
  for (int i = 0; i < 100'000; ++i) dotted += i % 2 == 0 ? ".1" : " . 1";
  for (const std::string& text : {dotted + " = 1\n", "[" + dotted + "]\n"})
    EXPECT_NE(error_of(training_with(text)).find("nests too deep"), std::string::npos);
}

TEST(DeckModelErrors, AModelIsANameOrATable) {
  for (const std::string_view text : {"[training]\nmodel = \"llama2-70b\"\n[training.model]\nlayers = 1\n",
                                      "[training.model]\nlayers = 1\n[training]\nmodel = \"llama2-70b\"\n"}) {
    const std::string message = error_of(training_with(text));
    EXPECT_NE(message.find("name = \"...\" under [training.model]"), std::string::npos) << message;
  }
}

TEST(HostileDecks, LongCommentsAreNoHarm) {
  EXPECT_EQ(error_of(training_with("# " + std::string(100'000, '.') + "\n")), "");
}

}  // namespace
}  // namespace hecaton::io::error_test
