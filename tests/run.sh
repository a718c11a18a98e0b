#!/bin/sh
# Installs what is missing (as root or with sudo), builds everything with warnings as errors, and runs all tests.
# Arguments go to ctest: tests/run.sh -R net runs the tests whose names contain "net".
set -eu
cd "$(dirname "$0")/.."

sh cmake/install-packages.sh cmake/packages.txt tests/packages.txt cluster/local/packages.txt

launcher=""
if command -v ccache >/dev/null 2>&1; then launcher="-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"; fi
cmake --preset ci $launcher
cmake --build --preset ci

# Two more at a time than there are processors, because the longest tests mostly wait; those that do not count for three
# (tests/CMakeLists.txt), so two of them are never side by side on two processors.
exec ctest --test-dir build/release --output-on-failure --parallel "$(($(nproc) + 2))" "$@"
