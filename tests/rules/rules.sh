#!/bin/sh
# rules.sh FOLDER -- the build refuses what ARCHITECTURE.md forbids, and nothing else: see CMakeLists.txt beside it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$1
bad=0

builds() { # case
	rm -rf "${work:?}/$1"
	cmake -S "$here" -B "$work/$1" -G Ninja -DCASE="$1" >"$work/$1.log" 2>&1 && cmake --build "$work/$1" >>"$work/$1.log" 2>&1
}
refused() { # case sentence
	if builds "$1" || ! grep -q "$2" "$work/$1.log"; then
		echo "$1: expected a build that fails with: $2" && cat "$work/$1.log"
		bad=1
	fi
}

mkdir -p "$work"
builds good || { echo "good: expected to build" && cat "$work/good.log" && bad=1; }
refused upward 'adapters.h: No such file'
refused sideways 'domain.c includes "adapters.h" of another module, which is not in its USES'
refused package 'domain.c includes <sqlite3.h>, and its module does not LINK that package'
refused path 'domain.c includes "../lib/low/low.h": a header is named without its folder'
refused circle 'low uses domain, which is above it'
refused foreign 'other uses domain, which belongs to another program'
exit $bad
