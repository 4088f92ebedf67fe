#!/bin/sh
# Makes ./configure from configure.ac; needs autoconf, automake and pkg-config.
set -e
cd "$(dirname "$0")"
command -v autoreconf >/dev/null || { echo "autogen.sh: autoreconf is missing: apt-get install autoconf automake" >&2; exit 1; }
exec autoreconf --install --force --warnings=all,no-portability
