"""The rules of the house: house.py check ROOT looks at a source tree, house.py self-test breaks each rule once.

Arrows point downwards only: a room includes itself and the rooms listed for it, and its CMake library links no other.
"""
import pathlib
import re
import sys
import tempfile

ENGINE, CHIPLET, TRAINING, NET, PARTITION, IO, RUNS = (
    "core/engine", "core/chiplet", "core/training", "net", "partition", "io", "runs")
MAY_INCLUDE = {
    ENGINE: {ENGINE},
    CHIPLET: {CHIPLET, ENGINE},
    TRAINING: {TRAINING, CHIPLET, ENGINE},
    NET: {NET, ENGINE},
    PARTITION: {PARTITION, NET, ENGINE},
    IO: {IO, PARTITION, NET, TRAINING, CHIPLET, ENGINE},
    RUNS: {RUNS, IO, PARTITION, NET, TRAINING, CHIPLET, ENGINE},
}
# Where libraries that tie a file to a machine may be used: header prefix -> files.
ONLY_IN = {
    "mpi.h": r"core/engine/(mpi_|shared_).*|(io|runs)/.*",
    "boost/mpi": r"core/engine/(mpi_|shared_).*|(io|runs)/.*",
    "boost/serialization": r"(io|runs)/.*",
    "hdf5.h": r"io/hdf5_file\.[hc]pp",
    "nlohmann/": r"io/(summary_json|profile|forecast)\.cpp",
    "toml++/": r"io/.*",
    "CLI/": r"runs/.*",
    "scotch.h": r"partition/scotch\.cpp",
    "cereal/": r"io/state_archive\.hpp",
}
EXTERNAL_LINKS = {
    ENGINE: {"Boost::mpi", "MPI::MPI_CXX"},  # of hecaton_engine_mpi alone
    CHIPLET: set(), TRAINING: {"fmt::fmt"}, NET: set(), PARTITION: {"SCOTCH::scotch"},
    IO: {"fmt::fmt", "Boost::mpi", "Boost::serialization", "MPI::MPI_CXX", "tomlplusplus::tomlplusplus",
         "hdf5::hdf5", "nlohmann_json::nlohmann_json", "cereal::cereal"},
    RUNS: {"fmt::fmt", "Boost::mpi", "MPI::MPI_CXX", "CLI11::CLI11", "hecaton_options"},
}
FOLDERS_WITH_README = [*MAY_INCLUDE, "core", "tests"]
MOST_LINES = 500
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    """The room a file or an include belongs to; None outside the rooms."""
    return next((room for room in MAY_INCLUDE if path.startswith(room + "/")), None)


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
        elif target is not None and target not in MAY_INCLUDE[room]:
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


def commands(text, name):
    """The argument lists of every call of a CMake command."""
    text = re.sub(r"#.*", "", text)
    return [found.split() for found in re.findall(rf"\b{name}\s*\(([^()]*)\)", text)]


def libraries(root):
    """Every library of a room: (room, name, what it links)."""
    for room in MAY_INCLUDE:
        text = (root / room / "CMakeLists.txt").read_text()
        linked = {words[0]: words[words.index("USES") + 1:] if "USES" in words else []
                  for words in commands(text, "hecaton_room")}
        for words in commands(text, "target_link_libraries"):
            linked.setdefault(words[0], []).extend(w for w in words[1:] if w not in ("PUBLIC", "PRIVATE", "INTERFACE"))
        for name, links in linked.items():
            yield room, name, links


def link_violations(root):
    found = list(libraries(root))
    home = {name: room for room, name, _ in found}
    for room, name, links in found:
        for link in links:
            if link in home:
                if home[link] not in MAY_INCLUDE[room]:
                    yield f"{room}/CMakeLists.txt: {name} must not link {link}"
            elif link not in EXTERNAL_LINKS[room]:
                yield f"{room}/CMakeLists.txt: {name} links {link}, which {room} does not need"
        if name == "hecaton_engine" and links:
            yield f"{room}/CMakeLists.txt: {name} must link nothing"


def violations(root):
    for name, text in sources(root):
        yield from include_violations(name, text)
        yield from file_violations(name, text)
    yield from link_violations(root)
    for folder in FOLDERS_WITH_README:
        if not (root / folder / "README.md").is_file():
            yield f"{folder} has no README.md"


def sound_tree(root):
    for folder in FOLDERS_WITH_README:
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "README.md").write_text("what lives here\n")
    for room in MAY_INCLUDE:
        (root / room / "CMakeLists.txt").write_text(f"hecaton_room(hecaton_{room.split('/')[-1]} SOURCES a.cpp)\n")
        (root / room / "a.hpp").write_text('// What it is for.\n#pragma once\n\n#include <vector>\n\n#include "core/engine/b.hpp"\n')


BROKEN = [  # file, what it says, the complaint
    ("core/engine/a.cpp", '#include "net/a.hpp"\n', "core/engine must not include net/a.hpp"),
    ("core/engine/a.cpp", "#include <mpi.h>\n", "mpi.h may be included in"),
    ("core/engine/engine.hpp", "// E.\n#pragma once\n#include <boost/mpi/communicator.hpp>\n", "boost/mpi/communicator.hpp may be"),
    ("core/chiplet/a.cpp", '#include "net/a.hpp"\n', "core/chiplet must not include"),
    ("core/training/a.cpp", '#include "net/a.hpp"\n', "core/training must not include"),
    ("net/a.cpp", '#include "core/chiplet/a.hpp"\n', "net must not include"),
    ("partition/a.cpp", '#include "io/a.hpp"\n', "partition must not include"),
    ("io/a.cpp", '#include "runs/a.hpp"\n', "io must not include"),
    ("io/a.cpp", "#include <hdf5.h>\n", "hdf5.h may be included in"),
    ("io/a.cpp", "#include <scotch.h>\n", "scotch.h may be included in"),
    ("net/a.cpp", '#include "a.hpp"\n', "not given from the top"),
    ("net/a.cpp", "int x;\n" * 500, "500 lines"),
    ("net/a.cpp", "// TODO: all of it\n", "unfinished"),
    ("net/b.hpp", "#pragma once\n", "what it is for"),
    ("net/CMakeLists.txt", "hecaton_room(hecaton_net USES hecaton_chiplet)\n", "must not link hecaton_chiplet"),
    ("net/CMakeLists.txt", "hecaton_room(hecaton_net)\ntarget_link_libraries(hecaton_net PUBLIC Boost::mpi)\n", "links Boost::mpi"),
    ("core/engine/CMakeLists.txt", "hecaton_room(hecaton_engine USES MPI::MPI_CXX)\n", "must link nothing"),
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
        sound_tree(pathlib.Path(folder))
        (pathlib.Path(folder) / "io" / "README.md").unlink()
        assert list(violations(pathlib.Path(folder))) == ["io has no README.md"]
    print(f"{len(BROKEN) + 1} broken rules found")


if __name__ == "__main__":
    if sys.argv[1:] == ["self-test"]:
        self_test()
    else:
        found = list(violations(pathlib.Path(sys.argv[2])))
        print(*found, f"{len(found)} violations", sep="\n")
        sys.exit(1 if found else 0)
