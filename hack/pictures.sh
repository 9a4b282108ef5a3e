#!/usr/bin/env bash
# Draws docs/pictures/*.svg from the texts beside them, with d2 of hack/pictures/go.mod. Each picture names the
# sum of its text, by which a test tells whether it is stale.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
pictures=$PWD/docs/pictures
for source in "$pictures"/*.d2; do
	picture=${source%.d2}.svg
	GOWORK=off GOFLAGS=-buildvcs=false go run -C hack/pictures oss.terrastruct.com/d2 "$source" "$picture"
	echo "<!-- Drawn by make pictures from ${source##*/}, sha256 $(sha256sum <"$source" | cut -d' ' -f1): do not edit. -->" >>"$picture"
	chmod 644 "$picture"
done
