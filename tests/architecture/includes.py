"""includes.py check ROOT: each source includes what it uses; includes.py self-test takes includes away.

Precompiled headers (cmake/Precompiled.cmake) are read before every source, so no compiler misses an include of one of
them. This does: a name of such a header may be used only where the header, or one that has to bring it along, is included,
by the file itself or by headers of the house that it includes."""
import functools
import pathlib
import re
import sys
import tempfile

LISTS = "cmake/Precompiled.cmake"
NAMES = {  # header: its names
    "algorithm": "adjacent_find all_of any_of binary_search clamp copy copy_if copy_n count count_if equal equal_range fill"
                 " fill_n find find_if find_if_not for_each generate generate_n includes is_permutation is_sorted"
                 " lexicographical_compare lower_bound make_heap max max_element merge min min_element minmax minmax_element"
                 " mismatch next_permutation none_of nth_element partial_sort partition pop_heap push_heap remove remove_if"
                 " replace reverse rotate search set_difference set_intersection set_union shuffle sort stable_partition"
                 " stable_sort transform unique upper_bound ranges",
    "array": "array to_array",
    "bit": "bit_cast bit_ceil bit_floor bit_width countl_zero countr_zero has_single_bit popcount rotl rotr",
    "chrono": "chrono",
    "cmath": "abs ceil cos exp fabs floor fmod hypot isfinite isinf isnan ldexp log log2 log10 pow round sin sqrt tanh trunc",
    "cstdint": "int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t uintptr_t",
    "filesystem": "filesystem",
    "functional": "bit_or divides function greater hash invoke less minus multiplies plus ref reference_wrapper",
    "limits": "numeric_limits",
    "map": "map multimap",
    "memory": "make_shared make_unique shared_ptr unique_ptr weak_ptr",
    "numeric": "accumulate adjacent_difference exclusive_scan gcd inclusive_scan inner_product iota lcm partial_sum reduce",
    "optional": "nullopt optional",
    "set": "multiset set",
    "span": "span",
    "stdexcept": "domain_error invalid_argument length_error logic_error out_of_range overflow_error range_error runtime_error",
    "string": "char_traits getline stod stoi stol stoll stoul stoull string to_string",
    "string_view": "string_view",
    "tuple": "apply forward_as_tuple make_from_tuple tie tuple",
    "utility": "exchange forward in_range index_sequence integer_sequence make_index_sequence make_pair move pair swap",
    "variant": "get_if holds_alternative monostate variant visit",
    "vector": "vector",
}
OTHERS = {  # header: what a name of it looks like
    "fmt/format.h": r"\bfmt::",
    "boost/mpi/communicator.hpp": r"\bboost::mpi::communicator\b",
    "boost/mpi/collectives.hpp": r"\bboost::mpi::(?:all_gather|all_reduce|all_to_all|broadcast|gather|reduce|scatter)\w*",
    "CLI/CLI.hpp": r"\bCLI::(?!App&)\w+",  # which headers of the house declare and do not include
    "gtest/gtest.h": r"\b(?:TEST|TEST_F|TEST_P|EXPECT_\w+|ASSERT_\w+)\(|\btesting::",
}
# What the standard has a header bring along: a map consists of pairs, an unordered one hashes.
ALSO_FROM = {
    "utility": {"algorithm", "map", "memory", "optional", "set", "string", "tuple", "unordered_map", "variant", "vector"},
    "memory": set(),
    "string": {"filesystem", "fstream", "sstream", "stdexcept"},
    "string_view": {"string", "filesystem"},
    "cmath": {"cstdlib"},
    "cstdint": {"cinttypes"},
    "stdexcept": {"system_error"},
    "functional": {"map", "memory", "optional", "set", "string", "unordered_map", "variant"},
    "algorithm": {"cstdio"},  # std::remove() of a file
    "array": {"span"},
    "tuple": {"functional"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.M)


def code_of(text):
    """Without comments and texts, in which anything may stand."""
    return re.sub(r'R"\((?:.|\n)*?\)"|"(?:[^"\\\n]|\\.)*"', '""', re.sub(r"//.*", "", text))


def precompiled(root):
    return set(re.findall(r"<([\w/.]+)>", (root / LISTS).read_text()))


class Tree:
    def __init__(self, root):
        self.root = root
        self.includes = functools.cache(self.includes)

    def includes(self, name):
        """All that a file of the house includes, itself and by way of others of the house."""
        found, waiting = set(), [name]
        while waiting:
            path = self.root / waiting.pop()
            new = set(INCLUDE.findall(path.read_text())) - found if path.is_file() else set()
            found |= new
            waiting.extend(new)
        return found

    def missing(self, name):
        text = (self.root / name).read_text()
        code, included = code_of(text), self.includes(name)
        used = set(re.findall(r"\bstd::(\w+)", code))
        for header, names in NAMES.items():
            by_name = sorted(used & set(names.split()))
            if by_name and not included & ({header} | ALSO_FROM.get(header, set())):
                yield f"{name}: std::{by_name[0]} without <{header}>"
        for header, pattern in OTHERS.items():
            by_name = re.search(pattern, code)
            if by_name and header not in included:
                yield f"{name}: {by_name[0]} without <{header}>"


def violations(root):
    for header in sorted(precompiled(root) - set(NAMES) - set(OTHERS)):
        yield f"{LISTS}: no name of <{header}> is known to {pathlib.Path(__file__).name}"
    tree = Tree(root)
    for top in ("core", "net", "partition", "io", "runs", "tests"):
        for path in sorted((root / top).rglob("*.[hc]pp")):
            yield from tree.missing(path.relative_to(root).as_posix())


def sample_of(header):
    """Code that uses a name of the header."""
    samples = {"fmt/format.h": 'auto x = fmt::format("");', "boost/mpi/communicator.hpp": "boost::mpi::communicator comm;",
               "boost/mpi/collectives.hpp": "boost::mpi::all_reduce(a, b);", "CLI/CLI.hpp": "CLI::App app;",
               "gtest/gtest.h": "TEST(A, B) {}"}
    return samples.get(header) or f"auto x = std::{NAMES[header].split()[0]}(1);"


def self_test():
    headers = sorted({*NAMES, *OTHERS})
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "net").mkdir()
        (root / "cmake").mkdir()
        lists, source = root / LISTS, root / "net/a.cpp"
        lists.write_text(" ".join(f"<{header}>" for header in headers))
        for header in headers:
            (root / "net/with.hpp").write_text(f"#include <{header}>\n")
            for include in (f"#include <{header}>\n", '#include "net/with.hpp"\n'):
                source.write_text(include + sample_of(header))
                assert list(violations(root)) == [], (header, include, list(violations(root)))
            source.write_text(sample_of(header))
            found = list(violations(root))
            assert len(found) == 1 and found[0].endswith(f" without <{header}>"), (header, found)
        source.write_text('// std::vector\nauto text = "std::map";\n')
        assert list(violations(root)) == []
        lists.write_text("<regex>")
        assert list(violations(root)) == [f"{LISTS}: no name of <regex> is known to includes.py"]
    print(f"{len(headers)} missing includes found")


if __name__ == "__main__":
    if sys.argv[1:] == ["self-test"]:
        self_test()
    else:
        complaints = list(violations(pathlib.Path(sys.argv[2])))
        print(*complaints, f"{len(complaints)} violations", sep="\n")
        sys.exit(1 if complaints else 0)
