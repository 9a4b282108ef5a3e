#!/usr/bin/env bash
# Builds the parts of Knative Eventing that test/knative runs, at the version that
# hack/knative/go.mod names, into bin/knative/<version>, and lays its manifests beside
# them. What is there already stays.
# With --dir it prints that directory and builds nothing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
module=$root/hack/knative

version=$(awk '$1 == "knative.dev/eventing" && $2 ~ /^v/ { print $2; exit }' "$module/go.mod")
if [[ -z $version ]]; then
	echo "hack/knative/go.mod requires no knative.dev/eventing" >&2
	exit 1
fi
dir=$root/bin/knative/${version#v}

if [[ ${1:-} == --dir ]]; then
	echo "$dir"
	exit
fi

# The stamp tells what the binaries were built from, so that a change of the module builds them anew.
stamp=$(sha256sum "$module/go.mod" "$module/go.sum" | awk '{ print $1 }')
current() {
	[[ $(cat "$dir/built-from" 2>/dev/null) == "$stamp" ]]
}
current && exit

mkdir -p "$dir"
if command -v flock >/dev/null; then
	exec 9>"$dir/.lock"
	if ! flock --nonblock 9; then
		echo "another build of Knative Eventing is running; waiting for it"
		flock 9
	fi
	current && exit
fi

# Neither a workspace nor the caller's flags (-race, -mod=...) are to change these binaries.
export CGO_ENABLED=0 GOWORK=off GOFLAGS=-buildvcs=false

echo "building Knative Eventing $version into ${dir#"$root"/}"
echo "a cold build takes about 5 minutes on 2 cores; it is done once"
from=$SECONDS
rm -rf "$dir/.building" "$dir/built-from"
mkdir "$dir/.building"
go build -C "$module" -trimpath -ldflags "-s -w" -o "$dir/.building/" tool
source=$(go list -C "$module" -m -f '{{.Dir}}' knative.dev/eventing)
cp -r "$source/config" "$dir/.building/manifests"
cp "$source"/third_party/eventing-integrations-latest/*.yaml "$dir/.building/manifests/core/configmaps/"
chmod -R u+w "$dir/.building"
find "$dir/.building/manifests" -name '*.go' -delete # go list would take them for packages of ours
rm -rf "${dir:?}/manifests"
mv "$dir/.building"/* "$dir/"
rmdir "$dir/.building"
echo "$stamp" >"$dir/built-from"
echo "  $((SECONDS - from)) s"
