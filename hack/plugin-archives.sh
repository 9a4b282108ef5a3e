#!/usr/bin/env bash
# Builds the kubectl plugin for every platform into archives below dist, and the krew manifest that names them:
#   hack/plugin-archives.sh VERSION            such as v0.1.0
#   PLATFORMS=linux/amd64 hack/plugin-archives.sh VERSION
# The same source and version make the same archives, byte for byte.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${1:-}
if [[ ! $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
	echo "usage: hack/plugin-archives.sh VERSION, such as v0.1.0" >&2
	exit 2
fi
platforms=${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}
dist=${DIST:-dist}
releases=https://github.com/acme/inventory-service/releases/download/$version

mkdir -p "$dist"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed "s/^  version: VERSION\$/  version: $version/" config/krew/inventory.yaml >"$work/inventory.yaml"

for platform in $platforms; do
	os=${platform%/*} arch=${platform#*/} bin=kubectl-inventory
	[[ $os == windows ]] && bin+=.exe
	archive=kubectl-inventory_${version}_${os}_$arch.tar.gz
	rm -rf "$work/files" && mkdir "$work/files"
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -buildvcs=false -trimpath \
		-ldflags "-s -w -X main.version=$version" -o "$work/files/$bin" ./cmd/kubectl-inventory
	cp LICENSE "$work/files/"
	tar -C "$work/files" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=a+rX,u+w,go-w -cf - LICENSE "$bin" |
		gzip -9n >"$dist/$archive"
	sum=$(sha256sum "$dist/$archive")
	cat >>"$work/inventory.yaml" <<-EOM
		    - selector:
		        matchLabels: {os: $os, arch: $arch}
		      uri: $releases/$archive
		      sha256: ${sum%% *}
		      bin: $bin
	EOM
	echo "$dist/$archive"
done
mv "$work/inventory.yaml" "$dist/inventory.yaml"
echo "$dist/inventory.yaml"
