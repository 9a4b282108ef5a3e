#!/usr/bin/env bash
# Runs every fuzz target of the module for a short time, one after the other, and prints a line for each:
#   hack/fuzz.sh [pattern of package and target]
#   FUZZTIME=3m hack/fuzz.sh api/v1            (default 5s for each target)
# An input that breaks a target is kept by go in its package's testdata/fuzz and printed: it becomes part of the
# corpus, which every plain go test plays again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fuzztime=${FUZZTIME:-5s}
wanted=${1:-.}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# targets prints "package target" for every fuzz target. Only packages with one are compiled.
targets() {
	local dirs dir
	dirs=$(grep -rl --include='*_test.go' '^func Fuzz' --exclude-dir=bin --exclude-dir=.run . | xargs -r -n1 dirname | sort -u)
	for dir in $dirs; do
		go test -list '^Fuzz' "$dir" | awk -v dir="$dir" '/^Fuzz/ { print dir, $1 }'
	done
}

# found tells whether a failed run found anything. As its time ends, go before 1.27 may take its own deadline for a
# failure of the target (golang/go#75804): that names no input, and says nothing else.
found() {
	grep -q 'Failing input written' "$1" || [[ $(sed -n '/^--- FAIL/,/^FAIL/p' "$1" | sed '1d;$d;s/^ *//') != 'context deadline exceeded' ]]
}

failed=0 count=0
all=$(targets)
while read -r package target; do
	[[ "$package $target" =~ $wanted ]] || continue
	count=$((count + 1))
	# Time goes into new inputs, not into making the interesting ones shorter.
	if go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" -fuzzminimizetime 10x ${FUZZFLAGS:-} "$package" >"$log" 2>&1 || ! found "$log"; then
		# A slow machine may spend all the time on the corpus alone.
		execs=$(sed -nE 's/.*execs: ([0-9]+).*/\1/p' "$log" | tail -n 1)
		printf '%-20s %-24s %10s execs  ok\n' "$package" "$target" "${execs:-corpus}"
	else
		printf '%-20s %-24s FAILED\n' "$package" "$target"
		sed 's/^/  /' "$log"
		failed=1
	fi
done <<<"$all"

if ((count == 0)); then
	echo "no fuzz target matches $wanted" >&2
	exit 1
fi
exit "$failed"
