#!/bin/sh
# study.sh NAME...: runs studies of this folder and draws them: out/NAME/table.csv, figure.svg and paragraph.txt.
# `claims` needs what `headline` and `headline-1024` have left in out, and shows what of it is there.
# HECATON is the program (if not given, that of this checkout's build/release, or of the prefix that this copy is installed
# in), AT_ONCE how many points run beside each other (2).
set -e
here=$(cd "$(dirname "$0")" && pwd)
program=${HECATON:-$here/../../build/release/hecaton}
[ -n "${HECATON-}" ] || [ -x "$program" ] || program=$here/../../../bin/hecaton
if [ $# -eq 0 ] || [ ! -x "$program" ]; then
  echo "usage: study.sh NAME...  (needs $program)" >&2
  exit 2
fi
. "$here/../small-machine.sh"
for name in "$@"; do
  case $name in claims | weak-scaling) HECATON=$program python3 "$here/forms.py" "$name" ;; esac
  "$program" sweep "$here/$name.toml" --output "out/$name" --at-once "${AT_ONCE:-2}"
  python3 "$here/draw.py" "$name" "out/$name"
done
