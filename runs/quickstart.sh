#!/bin/sh
# From a fresh Debian 12 to a first result: installs what is missing (as root or with sudo), builds the program, and
# simulates one training step with the Hecaton method and with tensor parallelism on a flat ring, side by side.
# May be run again at any time; it then does only what is left to do.
set -eu
cd "$(dirname "$0")/.."

sh cmake/install-packages.sh cmake/packages.txt

launcher=""
if command -v ccache >/dev/null 2>&1; then launcher="-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"; fi
cmake --preset release $launcher
cmake --build --preset release --target hecaton

. runs/small-machine.sh
program=build/release/hecaton
out=out/quickstart
echo
for method in hecaton flat-ring; do
    deck=runs/decks/quickstart.toml
    [ "$method" = hecaton ] || deck=runs/decks/quickstart-$method.toml
    echo "== $method: mpirun -n 2 $program run $deck --trace path --output $out/$method"
    mpirun -n 2 "$program" run "$deck" --trace path --output "$out/$method"
    echo
done
echo "== Both: $program compare $out/hecaton/trace.h5 $out/flat-ring/trace.h5"
"$program" compare "$out/hecaton/trace.h5" "$out/flat-ring/trace.h5"
echo
echo "== As a page: $program report $out/hecaton/trace.h5 $out/flat-ring/trace.h5 -o $out/report.html"
"$program" report "$out/hecaton/trace.h5" "$out/flat-ring/trace.h5" -o "$out/report.html" >/dev/null
echo
echo "One training step of TinyLlama-1.1B on 4 x 4 dies: Hecaton in the first column, the flat ring in the second,"
echo "with its ratio to the first. Die, link, memory and energy figures are defaults of this program, most of them"
echo "ASSUMED: $program validate runs/decks/quickstart.toml shows each with its tag."
echo
for method in hecaton flat-ring; do
    echo "trace    $out/$method/trace.h5"
    echo "summary  $out/$method/summary.json"
done
echo "report   $out/report.html (open it in a browser; it needs no network)"
