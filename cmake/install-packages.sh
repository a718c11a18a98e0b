#!/bin/sh
# install-packages.sh LIST...: installs the Debian packages named in the lists that are not installed yet.
# When nothing is missing, apt is not called at all, and no rights are needed.
set -eu

missing=""
for package in $(cat "$@" | sed 's/#.*//'); do
    case "$missing " in *" $package "*) continue ;; esac
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "This is no Debian; install the equivalents of these packages by hand:" >&2
    echo " $missing" >&2
    exit 1
fi
refuse() {
    echo "These Debian packages are missing and can only be installed by root ($1):" >&2
    echo " $missing" >&2
    echo "Run as root, once:  apt-get update && apt-get install$missing" >&2
    exit 1
}
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || refuse "there is no sudo here"
    sudo true || refuse "sudo does not let you"
    as_root="sudo"
fi
echo "Installing:$missing"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
