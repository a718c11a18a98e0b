#!/bin/sh
# fuzz.sh [SECONDS [NAME...]]: builds the fuzzers and runs each (deck, study, search, packets, hub, checkpoint, summary,
# trace) for so many seconds (60), from seeds in the tree and what earlier runs kept in build/fuzz/corpus. What makes one fail stays in
# build/fuzz/findings/NAME. Ends with 1 if any did.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- deck study search packets hub checkpoint summary trace

cmake --preset fuzz >/dev/null
targets=
for name in "$@"; do targets="$targets fuzz_$name"; done
# shellcheck disable=SC2086 # names without blanks
cmake --build --preset fuzz --target $targets
. runs/small-machine.sh
export ASAN_OPTIONS="${ASAN_OPTIONS-detect_leaks=0}"  # MPI and HDF5 keep what they have
sed -nE 's/^\[?([a-z_.]+)( = .*|\])$/"\1"/p' tests/fuzz/corpus/deck/*.toml | sort -u > build/fuzz/keys.dict
[ -d /dev/shm ] && export TMPDIR="${TMPDIR-/dev/shm}"  # inputs are files
failed=0
for name in "$@"; do
  corpus=build/fuzz/corpus/$name findings=build/fuzz/findings/$name
  mkdir -p "$corpus" "$findings"
  seeds=tests/fuzz/corpus/$name
  case $name in
    deck) seeds="$seeds runs/decks" ;;
    study) seeds=runs/studies ;;
    search) seeds=runs/searches ;;
  esac
  dictionary=
  case $name in deck | study | search) dictionary=-dict=build/fuzz/keys.dict ;; esac
  echo "$name: $seconds s"
  # shellcheck disable=SC2086
  build/fuzz/fuzz_$name -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 $dictionary \
    -artifact_prefix="$findings/" "$corpus" $seeds 2>"$findings/log" || failed=1
  grep -E "number_of_executed_units|new_units_added|SUMMARY|ABORTING|ERROR" "$findings/log" || true
done
exit $failed
