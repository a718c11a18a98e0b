"""The rules of the house: house.py check ROOT looks at a source tree, house.py self-test breaks each rule once.

Arrows point downwards only: a room includes itself and the rooms listed for it, and its CMake library links no other.
"""
import pathlib
import re
import sys
import tempfile

import shape

# A room and the rooms it may include beside itself. A file belongs to the room with the longest name that fits, so
# "core/engine" is the roof over its rooms: what stands in the folder itself.
BASE = "core/engine/base"
MODEL, PLAN = "core/training/model", "core/training/plan"
SAMPLING = "core/sampling"
CRITICAL = "core/critical_path"
COST = "core/cost"
HARDWARE, PROGRAM, DIES = "core/chiplet/hardware", "core/chiplet/program", "core/chiplet/dies"
SCHEDULES, COUNTS = "core/chiplet/schedules", "core/chiplet/counts"
GRAPH = "core/chiplet/graph"
PACKAGE, NET_ROOMS = "net/package", {"net/package", "net/traffic", "net/events", "net/lookahead", "net/clocked", "net/links"}
FAMILY = {PLAN, MODEL, PROGRAM, HARDWARE}  # what a family of training methods may know
SIMULATOR = {"core/engine", "core/engine/queue", "core/engine/sync", "core/engine/mpi", "core/engine/dry", DIES, GRAPH, PROGRAM, SCHEDULES, COUNTS,
             HARDWARE, "core/training", MODEL, PLAN, "net", *NET_ROOMS, "partition"}
IO = {"io/files", "io/hub", "io/execution", "io/deck", "io/checkpoint", "io/result", "io/trace", "io/export", "io/report", "io/page", "io/power", "io/study"}
RUNS = {"runs/closed_forms", "runs/graphs", "runs/message_rows", "runs/wiring", "runs/critical_path", "runs/sampling", "runs/verify", "runs/checkpoints", "runs/cli", "runs/sweep", "runs/search", "runs/commands"}
MAY_INCLUDE = {
    BASE: set(),
    "core/engine/queue": {BASE},
    "core/engine/sync": {BASE},
    "core/engine/mpi": {BASE, "core/engine/sync"},
    "core/engine/dry": {BASE, "core/engine/sync"},
    "core/engine": {BASE, "core/engine/queue", "core/engine/sync"},
    HARDWARE: {BASE},
    PROGRAM: {BASE, HARDWARE},
    SCHEDULES: {BASE, HARDWARE, PROGRAM},
    COUNTS: {BASE, HARDWARE, PROGRAM, SCHEDULES},
    DIES: {BASE, HARDWARE, PROGRAM, SCHEDULES, COUNTS},
    GRAPH: {BASE, HARDWARE, PROGRAM, SCHEDULES, COUNTS, DIES},
    MODEL: {BASE},
    PLAN: {MODEL, COUNTS, PROGRAM, HARDWARE},
    "core/training/grid": FAMILY,
    "core/training/one_d": FAMILY,
    "core/training": {"core/training/grid", "core/training/one_d", *FAMILY, BASE},
    SAMPLING: {PROGRAM, BASE},
    CRITICAL: {PROGRAM, BASE},
    COST: {BASE},
    PACKAGE: {BASE},
    "net/traffic": {BASE},
    "net/events": {PACKAGE, BASE},
    "net/lookahead": {"net/events", PACKAGE, BASE, "core/engine/queue"},
    "net/clocked": {PACKAGE, "net/traffic", BASE, "core/engine/queue"},
    "net/links": {PACKAGE, "net/events", BASE},
    "net": {*NET_ROOMS, BASE, "core/engine"},
    "partition": {PACKAGE, BASE},
    "io/files": set(),
    "io/hub": {"io/files", MODEL, BASE},
    "io/execution": {"io/files", "io/hub", GRAPH, PROGRAM, BASE},
    "io/deck": {"io/files", GRAPH, "io/hub", "io/execution", COST, "core/training", MODEL, PLAN, PROGRAM, HARDWARE, PACKAGE, "net/traffic", BASE},
    "io/checkpoint": {"io/files", BASE},
    "io/result": {"io/files", "io/deck", CRITICAL, PROGRAM, HARDWARE, PACKAGE, BASE},
    "io/trace": {"io/files", "io/deck", "io/checkpoint", "io/result", CRITICAL, PROGRAM, PACKAGE, BASE},
    "io/export": {"io/files", "io/result", "io/trace", PROGRAM, BASE},
    "io/report": {"io/files", "io/result", "partition", CRITICAL, PROGRAM, PACKAGE, BASE},
    "io/page": {"io/files", "io/result", "io/trace", "io/report", "io/study", CRITICAL, PROGRAM, BASE},
    "io/power": {"io/export", "io/trace", "io/result", "io/files", PROGRAM, BASE},
    "io/study": {"io/files", "io/deck", "io/result", "partition"},
    "runs/closed_forms": {SCHEDULES, PROGRAM, HARDWARE, PACKAGE, BASE},
    "runs/message_rows": {"runs/closed_forms", "io/result", PACKAGE, BASE},
    "runs/graphs": {GRAPH, SCHEDULES, PROGRAM, HARDWARE, PACKAGE, "io/deck", "io/execution", BASE},
    "runs/wiring": {*SIMULATOR, CRITICAL, "runs/graphs", "runs/closed_forms", "runs/message_rows", *IO - {"io/study", "io/page", "io/export", "io/power"}, BASE},
    "runs/critical_path": {"runs/wiring", "runs/closed_forms", CRITICAL, HARDWARE, PROGRAM, PACKAGE, "io/deck", "io/result", BASE},
    "runs/sampling": {"runs/wiring", SAMPLING, COUNTS, PROGRAM, PACKAGE, "core/training", PLAN, "io/deck", "io/files", "io/result", "io/report", BASE},
    "runs/verify/dense": {PROGRAM, MODEL, BASE},
    "runs/verify/layout": {COUNTS, SCHEDULES, DIES, PROGRAM, BASE},
    "runs/verify/die": {"runs/verify/dense", "runs/verify/layout", DIES, COUNTS, SCHEDULES, PROGRAM, PLAN, MODEL, BASE},
    "runs/verify": {"runs/verify/die", "runs/verify/layout", "runs/verify/dense", "runs/wiring", *SIMULATOR, "io/deck", BASE},
    "runs/checkpoints": {"runs/wiring", *IO - {"io/study", "io/page", "io/export", "io/power"}, "core/engine/sync", BASE},
    "runs/cli": {"runs/wiring", "io/deck", "io/files", "io/report", "core/engine/sync", "core/training", MODEL, "net/lookahead",
                 "partition", BASE},
    "runs/sweep": {"runs/cli", "io/study", "io/report", "io/result", "io/deck", "io/files", BASE},
    "runs/search": {"runs/sweep", "runs/cli", "runs/wiring", "io/study", "io/report", "io/result", "io/deck", "io/files", COST, COUNTS,
                    PROGRAM, PLAN, BASE},
    "runs/commands": {*RUNS - {"runs/commands"}, *IO, COST, GRAPH, PROGRAM, "core/engine/sync"},
    "runs/phold": {*SIMULATOR, BASE, "runs/cli"},
    "runs/manual": {"runs/commands", "runs/cli", "io/files"},
    "runs": {*RUNS, *IO},
}
LOOSE = {"runs/phold", "runs/manual", "runs"}  # rooms whose programs are made by hand: no library of the house
# Where libraries that tie a file to a machine may be used: header prefix -> files.
ONLY_IN = {
    "mpi.h": r"core/engine/mpi/.*|(io|runs)/.*",
    "boost/mpi": r"core/engine/mpi/.*|(io|runs)/.*",
    "boost/serialization": r"(io|runs)/.*",
    "hdf5.h": r"io/files/hdf5_(file|calls|reading)\.[hc]pp",
    "nlohmann/": r"io/execution/groups\.cpp|io/hub/(json_object\.[hc]pp|config_json\.cpp)|io/execution/astra_system\.cpp|io/result/summary_json\.cpp|io/report/(facts|profile|forecast|run_status)\.cpp|io/page/page_json\.cpp",
    "toml++/": r"io/(deck|study)/.*",
    "CLI/": r"runs/(cli|commands|phold|manual)/.*",
    "scotch.h": r"partition/scotch\.cpp",
    "cereal/": r"io/checkpoint/state_archive\.hpp",
    "yaml-cpp/": r"io/execution/astra_network\.cpp",
    "zlib.h": r"io/page/compressed_text\.cpp|io/execution/message_stream\.cpp|tests/io/execution/trace_writer\.hpp",
    "google/protobuf": r"io/execution/(metadata|trace_reader)\.cpp",
    "io/execution/execution_trace.pb.h": r"io/execution/\w+\.cpp",
}
MPI = {"Boost::mpi", "MPI::MPI_CXX"}
EXTERNAL_LINKS = {  # of rooms that need any
    "core/engine/mpi": MPI, "core/training": {"fmt::fmt"}, MODEL: {"fmt::fmt"}, PLAN: {"fmt::fmt"},
    "core/training/grid": {"fmt::fmt"}, "core/training/one_d": {"fmt::fmt"}, "partition": {"SCOTCH::scotch"},
    "io/files": {*MPI, "fmt::fmt", "hdf5::hdf5"}, "io/hub": {"fmt::fmt", "nlohmann_json::nlohmann_json"}, "io/deck": {"fmt::fmt", "tomlplusplus::tomlplusplus"},
    "io/execution": {"fmt::fmt", "nlohmann_json::nlohmann_json", "ZLIB::ZLIB", "yaml-cpp", "hecaton_execution_schema", "protobuf::libprotobuf"},
    "io/checkpoint": {*MPI, "fmt::fmt", "Boost::serialization", "cereal::cereal"},
    "io/result": {*MPI, "fmt::fmt", "nlohmann_json::nlohmann_json"},
    "io/trace": {*MPI, "fmt::fmt", "Boost::serialization"},
    "io/export": {"fmt::fmt"}, "io/power": {"fmt::fmt"},
    "io/report": {"fmt::fmt", "nlohmann_json::nlohmann_json"}, "runs/critical_path": MPI, "io/page": {"fmt::fmt", "nlohmann_json::nlohmann_json", "ZLIB::ZLIB"}, "io/study": {"fmt::fmt", "tomlplusplus::tomlplusplus"},
    SAMPLING: {"fmt::fmt"}, "runs/sampling": {"fmt::fmt"}, "runs/wiring": {"fmt::fmt"}, "runs/verify": {"fmt::fmt"}, "runs/verify/die": {"fmt::fmt"}, "runs/checkpoints": {*MPI, "fmt::fmt"},
    "runs/cli": {*MPI, "fmt::fmt", "CLI11::CLI11"}, "runs/sweep": {"fmt::fmt"}, "runs/search": {"fmt::fmt"},
    "runs/commands": {*MPI, "fmt::fmt", "CLI11::CLI11"},
}
MOST_UNITS = 16  # files of one name count once
ANY_UNITS = {"runs/commands"}
FOLDERS_WITH_README = [*MAY_INCLUDE, "core", "core/chiplet", "io", "tests"]
MOST_LINES = 500
WALK = "runs/walk.md"  # a newcomer's way through the files
# The one file in which floating point becomes a time; what a cast to a time would be made of elsewhere.
TIME = "core/engine/base/time.hpp"
MAKES_TIME = re.compile(r"\bstatic_cast<(?:std::)?int64_t>\s*\(|\bSim(?:Time|Duration)(?:\s+\w+)?\s*\{")
FLOATING = re.compile(r"(?<![\w.])\d+(?:\.\d*|\.?\d*[eE][-+]?\d+)|\b(?:double|float)\b|_(?:ns|us|s|GBps)\b"
                      r"|\bstd::(?:round|floor|ceil|trunc|rint|nearbyint)\b")
# What only Topology and its designs know: where a node sits, and what tells one kind of topology from another.
TOPOLOGY = "net/package"
KNOWS_TOPOLOGY = re.compile(r"\.value\s*[/%]\s*\w*columns|[=!]=\s*(?:net::)?TopologyKind::|\bcase\s+(?:net::)?TopologyKind::")
# A call of MPI, HDF5 or the system that is a statement by itself: nobody looks at its result. What may fail without harm is
# written static_cast<void>(call), with the reason why.
CALL = (r"(?:MPI_\w+|H5\w+|::[a-z]\w*|std::(?:signal|raise|rename|remove)|sig(?:emptyset|fillset|addset|action|procmask)|"
        r"syscall|getrusage|[gs]etrlimit|gethostname|setenv|mkstemp|ftruncate|unlink)")
UNSEEN = re.compile(r"(?:[;{}]|\belse\b|\))\s*(" + CALL + r")\(")
ANSWERS_NOTHING = {"::_exit", "H5Eset_auto2", "H5Ewalk2", "H5Eclear2"}  # the last three tell what has failed
ROUNDED = re.compile(r"\bl?l(?:round|rint)\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    """The room a file or an include belongs to; None outside the rooms."""
    return max((room for room in MAY_INCLUDE if path.startswith(room + "/")), key=len, default=None)


def sources(root):
    for top in ("core", "net", "partition", "io", "runs", "tests"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".hpp", ".cpp", ".py", ".sh", ".cmake"):
                yield path.relative_to(root).as_posix(), path.read_text(errors="replace")


def include_violations(name, text):
    room = room_of(name)
    if room is None:
        return
    for quote, header in INCLUDE.findall(text):
        target = room_of(header)
        if quote == '"' and target is None:
            yield f'{name}: "{header}" is not given from the top of the tree'
        elif target not in (None, room) and target not in MAY_INCLUDE[room]:
            yield f"{name}: {room} must not include {header}"
        for prefix, files in ONLY_IN.items():
            if header.startswith(prefix) and not re.fullmatch(files, name):
                yield f"{name}: {header} may be included in {files} only"


def file_violations(name, text):
    lines = text.count("\n")
    if lines >= MOST_LINES:
        yield f"{name}: {lines} lines, {MOST_LINES - 1} at most"
    if name.endswith((".hpp", ".cpp")) and re.search(r"//.*\b(TODO|FIXME|XXX)\b", text):
        yield f"{name}: unfinished business belongs in the tracker"
    if name.endswith(".hpp") and not re.match(r"//.*\n(//.*\n)*#pragma once\n", text):
        yield f"{name}: a header starts with what it is for, then #pragma once"


def bracketed(text, start):
    """What stands from `start` to where the bracket closes that opens right before it."""
    depth = 1
    for end in range(start, len(text)):
        depth += (text[end] in "({") - (text[end] in ")}")
        if depth == 0:
            return text[start:end]
    return text[start:]


def time_violations(name, text):
    if room_of(name) is None or name == TIME or not name.endswith((".hpp", ".cpp")):
        return
    code = re.sub(r"//.*", "", text)
    casts = [bracketed(code, found.end()) for found in MAKES_TIME.finditer(code)]
    if ROUNDED.search(code) or any(FLOATING.search(cast) for cast in casts):
        yield f"{name}: floating point becomes a time in {TIME} only"


def topology_violations(name, text):
    room = room_of(name)
    if room not in (None, TOPOLOGY) and KNOWS_TOPOLOGY.search(re.sub(r"//.*", "", text)):
        yield f"{name}: rows, columns and kinds of topologies are Topology's; ask it"


def unseen_violations(name, text):
    if room_of(name) is None or not name.endswith((".hpp", ".cpp")):
        return
    code = re.sub(r"//.*", "", text)
    code = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', code)
    for found in UNSEEN.finditer(code):
        if found.group(1) not in ANSWERS_NOTHING:
            yield f"{name}: nobody looks at the result of {found.group(1)}"


def shape_violations(name, text):
    if not name.endswith((".hpp", ".cpp")):
        return
    for line, lines in shape.long_functions(text):
        yield f"{name}:{line}: a function of {lines} lines, {shape.MOST_FUNCTION_LINES} at most"
    for line, class_name, functions in shape.large_classes(text):
        yield f"{name}:{line}: {class_name} has {functions} public functions, {shape.MOST_PUBLIC_FUNCTIONS} at most"


def commands(text, name):
    """The argument lists of every call of a CMake command."""
    text = re.sub(r"#.*", "", text)
    return [found.split() for found in re.findall(rf"\b{name}\s*\(([^()]*)\)", text)]


def unit_violations(root):
    for room in MAY_INCLUDE:
        units = {path.stem for path in (root / room).iterdir() if path.suffix in (".hpp", ".cpp")}
        if len(units) > MOST_UNITS and room not in ANY_UNITS:
            yield f"{room}: {len(units)} units, {MOST_UNITS} at most"


def order_violations():
    """The rooms can be put in a row in which each knows only those before it."""
    known = set()
    while ready := {room for room in MAY_INCLUDE if room not in known and MAY_INCLUDE[room] <= known}:
        known |= ready
    yield from (f"{room}: knows rooms that know it" for room in MAY_INCLUDE if room not in known)


def libraries(root):
    """Every library of a room: (room, name, what it links)."""
    for room in MAY_INCLUDE:
        if room in LOOSE:
            continue
        text = (root / room / "CMakeLists.txt").read_text()
        linked = {words[0]: words[words.index("USES") + 1:] if "USES" in words else []
                  for words in commands(text, "hecaton_room")}
        for words in commands(text, "target_link_libraries"):
            linked.setdefault(words[0], []).extend(w for w in words[1:] if w not in ("PUBLIC", "PRIVATE", "INTERFACE"))
        for name, links in linked.items():
            yield room, name, links


def room_violations(root):
    """Every folder that makes a library of the house is a room with a line above."""
    for top in ("core", "net", "partition", "io", "runs"):
        for path in sorted((root / top).rglob("CMakeLists.txt")):
            folder = path.parent.relative_to(root).as_posix()
            if folder not in MAY_INCLUDE and commands(path.read_text(), "hecaton_room"):
                yield f"{folder} is no room that is listed here"


def link_violations(root):
    found = list(libraries(root))
    home = {name: room for room, name, _ in found}
    for room, name, links in found:
        for link in links:
            if link in home:
                if home[link] not in MAY_INCLUDE[room] | {room}:
                    yield f"{room}/CMakeLists.txt: {name} must not link {link}"
            elif link not in EXTERNAL_LINKS.get(room, ()):
                yield f"{room}/CMakeLists.txt: {name} links {link}, which {room} does not need"


def violations(root):
    for name, text in sources(root):
        yield from include_violations(name, text)
        yield from file_violations(name, text)
        yield from time_violations(name, text)
        yield from topology_violations(name, text)
        yield from unseen_violations(name, text)
        yield from shape_violations(name, text)
    yield from room_violations(root)
    yield from link_violations(root)
    yield from unit_violations(root)
    yield from order_violations()
    yield from walk_violations(root)
    yield from test_violations(root)
    for folder in FOLDERS_WITH_README:
        if not (root / folder / "README.md").is_file():
            yield f"{folder} has no README.md"


def test_violations(root):
    """Tests link libraries; they compile no source of another folder of the house."""
    for path in sorted((root / "tests").rglob("CMakeLists.txt")):
        for source in re.findall(r"\}/((?:core|net|partition|io|runs)/[\w/.]+\.cpp)", path.read_text()):
            yield f"{path.relative_to(root).as_posix()} compiles {source}, which belongs to a library"


def walk_violations(root):
    """Every file that the walk names exists."""
    walk = root / WALK
    named = re.findall(r"`([a-z_0-9/]+\.[hc]pp)`", walk.read_text()) if walk.is_file() else []
    if not named:
        yield f"{WALK} names no files"
    for name in named:
        if not (root / name).is_file():
            yield f"{WALK}: there is no {name}"


def sound_tree(root):
    for folder in FOLDERS_WITH_README:
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "README.md").write_text("what lives here\n")
    (root / WALK).write_text("1. `net/a.hpp`\n")
    for room, below in MAY_INCLUDE.items():
        (root / room / "CMakeLists.txt").write_text(f"hecaton_room({library_of(room)} SOURCES a.cpp)\n")
        includes = "".join(f'#include "{other}/b.hpp"\n' for other in sorted({room, *below}))
        (root / room / "a.hpp").write_text(f"// What it is for.\n#pragma once\n\n#include <vector>\n\n{includes}")


def library_of(room):
    return "hecaton_" + room.replace("/", "_")


def unknown_includes():
    """For every room one include that it must not have: of a room that it does not know."""
    for room, below in MAY_INCLUDE.items():
        for other in MAY_INCLUDE:
            if other != room and other not in below:
                yield room, other


BROKEN = [  # file, what it says, the complaint
    ("core/engine/a.cpp", "#include <mpi.h>\n", "mpi.h may be included in"),
    ("core/engine/engine.hpp", "// E.\n#pragma once\n#include <boost/mpi/communicator.hpp>\n", "boost/mpi/communicator.hpp may be"),
    ("net/package/a.cpp", "#include <boost/serialization/vector.hpp>\n", "boost/serialization/vector.hpp may be"),
    ("io/trace/a.cpp", "#include <hdf5.h>\n", "hdf5.h may be included in"),
    ("io/trace/a.cpp", "#include <nlohmann/json.hpp>\n", "nlohmann/json.hpp may be included in"),
    ("io/result/a.cpp", "#include <toml++/toml.h>\n", "toml++/toml.h may be included in"),
    ("runs/wiring/a.cpp", "#include <CLI/CLI.hpp>\n", "CLI/CLI.hpp may be included in"),
    ("io/deck/a.cpp", "#include <scotch.h>\n", "scotch.h may be included in"),
    ("runs/wiring/a.cpp", "#include <cereal/cereal.hpp>\n", "cereal/cereal.hpp may be included in"),
    ("net/a.cpp", '#include "a.hpp"\n', "not given from the top"),
    ("net/a.cpp", "int x;\n" * 500, "500 lines"),
    ("runs/walk.md", "From `net/a.hpp` to `net/gone.cpp`\n", "there is no net/gone.cpp"),
    ("runs/walk.md", "nothing\n", "names no files"),
    ("tests/CMakeLists.txt", "hecaton_test(a SOURCES a.cpp ${PROJECT_SOURCE_DIR}/net/b.cpp)\n", "compiles net/b.cpp"),
    ("net/a.cpp", "// TODO: all of it\n", "unfinished"),
    ("net/b.hpp", "#pragma once\n", "what it is for"),
    ("net/package/a.cpp", "auto t = static_cast<std::int64_t>(config.latency_ns * thousand);\n", "becomes a time"),
    ("net/package/a.cpp", "auto t = static_cast<std::int64_t>(flits * f(1000.0));\n", "becomes a time"),
    ("core/training/a.cpp", "op.slot_ps = static_cast<std::uint64_t>(std::llround(step));\n", "becomes a time"),
    ("runs/cli/a.cpp", "SimTime t{std::floor(sum)};\n", "becomes a time"),
    ("net/traffic/a.cpp", "auto row = die.value / columns_;\n", "are Topology's"),
    ("runs/wiring/a.cpp", "if (package.topology == net::TopologyKind::torus) return;\n", "are Topology's"),
    ("io/files/a.cpp", "void f(int x) {\n  ::close(x);\n}\n", "nobody looks at the result of ::close"),
    ("io/files/a.cpp", "void f(int x) {\n  if (x > 0) ::unlink(name(x));\n}\n", "nobody looks at the result of ::unlink"),
    ("io/files/hdf5_file.cpp", "void f(hid_t x) {\n  g();\n  H5Dclose(x);\n}\n", "nobody looks at the result of H5Dclose"),
    ("runs/cli/a.cpp", "void f() {\n  for (auto& x : all) MPI_Wait(&x, MPI_STATUS_IGNORE);\n}\n",
     "nobody looks at the result of MPI_Wait"),
    ("net/a.cpp", "int f(\n    int x) {\n" + "  ++x;\n" * 68 + "  return x;\n}\n", "a function of 72 lines"),
    ("net/a.cpp", "void A::f() {\n  if (x) {\n" + "    ++x;\n" * 68 + "  }\n}\n", "a function of 72 lines"),
    ("net/a.cpp", "class A {\n public:\n" + "".join(f"  int f{i}() const;\n" for i in range(26)) + " private:\n  int g();\n};\n",
     "A has 26 public functions"),
    ("net/a.cpp", "struct A {\n" + "".join(f"  std::vector<int> f{i}(int x);\n" for i in range(26)) + "  int x = f(1);\n};\n",
     "A has 26 public functions"),
    ("net/package/CMakeLists.txt", "hecaton_room(hecaton_net_package USES hecaton_core_chiplet_program)\n",
     "must not link hecaton_core_chiplet_program"),
    ("net/CMakeLists.txt", "hecaton_room(hecaton_net)\ntarget_link_libraries(hecaton_net PUBLIC Boost::mpi)\n", "links Boost::mpi"),
    ("core/engine/base/CMakeLists.txt", "hecaton_room(hecaton_core_engine_base USES MPI::MPI_CXX)\n", "which core/engine/base does not"),
]


def self_test():
    for name, text, complaint in BROKEN:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            sound_tree(root)
            assert list(violations(root)) == [], list(violations(root))
            (root / name).write_text(text)
            found = list(violations(root))
            assert len(found) == 1 and complaint in found[0], (name, complaint, found)
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        sound_tree(root)
        (root / "net" / "wires").mkdir()
        (root / "net" / "wires" / "CMakeLists.txt").write_text("hecaton_room(hecaton_wires SOURCES a.cpp)\n")
        assert list(violations(root)) == ["net/wires is no room that is listed here"]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        sound_tree(root)
        (root / "io" / "README.md").unlink()
        assert list(violations(root)) == ["io has no README.md"]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        sound_tree(root)
        for unit in range(MOST_UNITS):
            (root / "net" / f"unit{unit}.cpp").write_text("int x;\n")
        assert list(violations(root)) == [f"net: {MOST_UNITS + 1} units, {MOST_UNITS} at most"]
    pairs = list(unknown_includes())
    for room, other in pairs:
        found = list(include_violations(f"{room}/a.cpp", f'#include "{other}/b.hpp"\n'))
        assert found == [f"{room}/a.cpp: {room} must not include {other}/b.hpp"], found
    MAY_INCLUDE[BASE].add("net")
    assert f"{BASE}: knows rooms that know it" in list(order_violations())
    print(f"{len(BROKEN) + 3} broken rules and {len(pairs)} forbidden includes found")


if __name__ == "__main__":
    if sys.argv[1:] == ["self-test"]:
        self_test()
    else:
        found = list(violations(pathlib.Path(sys.argv[2])))
        print(*found, f"{len(found)} violations", sep="\n")
        sys.exit(1 if found else 0)
