#!/usr/bin/env bash
# Prints the path of a tool pinned in hack/tools/go.mod, building it first if it is not there:
#   hack/tool.sh controller-gen | golangci-lint
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
module=$root/hack/tools

case ${1:-} in
controller-gen) path=sigs.k8s.io/controller-tools main=cmd/controller-gen ;;
golangci-lint) path=github.com/golangci/golangci-lint/v2 main=cmd/golangci-lint ;;
*)
	echo "usage: hack/tool.sh controller-gen|golangci-lint" >&2
	exit 2
	;;
esac

version=$(awk -v m="$path" '$1 == m && $2 ~ /^v/ { print $2; exit }' "$module/go.mod")
if [[ -z $version ]]; then
	echo "hack/tools/go.mod does not require $path" >&2
	exit 1
fi
bin=$root/bin/tools/$1-$version

if [[ ! -x $bin ]]; then
	from=$SECONDS
	echo "building $1 $version (once; golangci-lint takes about 3 minutes cold on 2 cores)" >&2
	mkdir -p "${bin%/*}"
	stamp=
	[[ $1 == golangci-lint ]] && stamp="-X main.version=${version#v}"
	CGO_ENABLED=0 GOWORK=off GOFLAGS=-buildvcs=false \
		go build -C "$module" -trimpath -ldflags "-s -w $stamp" -o "$bin.$$" "$path/$main" >&2
	mv "$bin.$$" "$bin"
	echo "  $((SECONDS - from)) s" >&2
fi
echo "$bin"
