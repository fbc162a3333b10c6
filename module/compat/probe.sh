#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: probe.sh OUT "PROBE.c..." CC FLAGS...
# Writes to OUT a TCP_REAPER_HAVE_NAME for each probe/name.c that compiles.
# sane.c must: if not, the answers would all be "no" for the wrong reason.
set -u
out=$1 probes=$2
shift 2

compiles() {
	"$@" -Wno-error -Werror=implicit-function-declaration \
		-Werror=incompatible-pointer-types $strict \
		-fsyntax-only -x c "$probe" >"$out.log" 2>&1
}

# clang calls a mismatch of function pointers by a name of its own.
strict=
if "$1" --version | grep -q clang; then
	strict=-Werror=incompatible-function-pointer-types
fi

{
	echo "/* Made by probe.sh: what this kernel offers. */"
	for probe in $probes; do
		name=$(basename "$probe" .c)
		if compiles "$@"; then
			echo "#define TCP_REAPER_HAVE_$(echo "$name" | tr '[:lower:]' '[:upper:]') 1"
		elif [ "$name" = sane ]; then
			echo "tcp_reaper: the compiler can't build for this kernel:" >&2
			cat "$out.log" >&2
			exit 1
		fi
	done
} >"$out.tmp" || { rm -f "$out.tmp" "$out.log"; exit 1; }
rm -f "$out.log"
mv "$out.tmp" "$out"
