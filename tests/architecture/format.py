"""format.py CLANG_FORMAT ROOT: every C++ file is as .clang-format wants it."""
import pathlib
import subprocess
import sys

tool, root = sys.argv[1], pathlib.Path(sys.argv[2])
files = [path for top in ("core", "net", "partition", "io", "runs", "tests") for path in sorted((root / top).rglob("*"))
         if path.suffix in (".hpp", ".cpp")]
assert files, f"no sources under {root}"
done = subprocess.run([tool, "--dry-run", "--Werror", *files], stderr=subprocess.PIPE, text=True)
wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if ": error:" in line})
print(*wrong, f"{len(wrong)} of {len(files)} files to be formatted with {tool} -i", sep="\n")
sys.exit(done.returncode)
