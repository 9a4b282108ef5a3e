#!/usr/bin/env bash
# Builds etcd, kube-apiserver and kubectl, at the versions hack/controlplane/go.mod
# names, into bin/k8s/<kubernetes version>. What is there already stays.
# With --dir it prints that directory and builds nothing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
module=$root/hack/controlplane

# required MODULE prints the version at which the control plane's go.mod requires it.
required() {
	awk -v m="$1" '$1 == m && $2 ~ /^v/ { print $2; exit }' "$module/go.mod"
}

k8s=$(required k8s.io/kubernetes)
etcd=$(required go.etcd.io/etcd/server/v3)
if [[ -z $k8s || -z $etcd ]]; then
	echo "hack/controlplane/go.mod requires no k8s.io/kubernetes or no go.etcd.io/etcd/server/v3" >&2
	exit 1
fi
dir=${KUBEBUILDER_ASSETS:-$root/bin/k8s/${k8s#v}}

if [[ ${1:-} == --dir ]]; then
	echo "$dir"
	exit
fi

# complete tells whether all three binaries are there.
complete() {
	[[ -x $dir/etcd && -x $dir/kube-apiserver && -x $dir/kubectl ]]
}

if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
	complete && exit
	echo "KUBEBUILDER_ASSETS=$dir does not hold etcd, kube-apiserver and kubectl; unset it to have them built" >&2
	exit 1
fi

# The stamp tells what the binaries were built from, so that a change of either version builds them anew.
stamp="kubernetes $k8s, etcd $etcd"
current() {
	complete && [[ $(cat "$dir/built-from" 2>/dev/null) == "$stamp" ]]
}
current && exit

mkdir -p "$dir"
if command -v flock >/dev/null; then
	exec 9>"$dir/.lock"
	if ! flock --nonblock 9; then
		echo "another build of the control plane is running; waiting for it"
		flock 9
	fi
	current && exit
fi

minor=${k8s#v*.}
ldflags="-s -w"
for pkg in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	ldflags+=" -X $pkg.gitVersion=$k8s -X $pkg.gitMajor=1 -X $pkg.gitMinor=${minor%%.*} -X $pkg.gitTreeState=archive"
done

# Neither a workspace nor the caller's flags (-race, -mod=...) are to change these binaries.
export CGO_ENABLED=0 GOWORK=off GOFLAGS=-buildvcs=false

# A build killed half-way leaves its temporary file; nobody else is building now.
rm -f "$dir"/.*.building

build() {
	local name=$1 pkg=$2 from=$SECONDS
	printf '  %-15s ' "$name"
	go build -C "$module" -trimpath -ldflags "$ldflags" -o "$dir/.$name.building" "$pkg"
	mv "$dir/.$name.building" "$dir/$name"
	echo "$((SECONDS - from)) s"
}

echo "building the test control plane ($stamp) into ${dir#"$root"/}"
echo "a cold build takes about 5 minutes on 2 cores; it is done once"
build etcd go.etcd.io/etcd/server/v3
build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
build kubectl k8s.io/kubernetes/cmd/kubectl
echo "$stamp" >"$dir/built-from"
