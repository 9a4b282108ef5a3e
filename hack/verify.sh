#!/usr/bin/env bash
# Fails if anything a person has to keep up to date is not: generated files, go.mod and go.sum of every module, formatting;
# and if git has a file that is built.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
failed=

hack/generate.sh --check || failed=1

for dir in . hack/controlplane hack/image hack/knative hack/pictures hack/tools test/engines/argocd test/engines/flux test/helm test/knative; do
	if ! changes=$(GOWORK=off go mod tidy -C "$dir" -diff 2>&1); then
		head -30 <<<"$changes" >&2
		echo "$dir/go.mod or go.sum is not tidy: run 'go mod tidy' in $dir" >&2
		failed=1
	fi
done

unformatted=$(find . -name '*.go' -not -path './bin/*' -not -path './.run/*' -not -path './.catalog-site/*' -exec gofmt -l {} +)
if [[ -n $unformatted ]]; then
	echo "not formatted, run gofmt -w on:" >&2
	sed 's/^/  /' <<<"$unformatted" >&2
	failed=1
fi

# git tells no lines of binary files.
if binaries=$(git diff --cached --numstat "$(git hash-object -t tree /dev/null)" 2>/dev/null | grep -P '^-\t-\t' | cut -f 3) && [[ -n $binaries ]]; then
	echo "binary files, take them out of git:" >&2
	sed 's/^/  /' <<<"$binaries" >&2
	failed=1
fi

[[ -z $failed ]]
