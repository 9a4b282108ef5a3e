#!/usr/bin/env bash
# Generates deepcopy code for ./api/..., CRDs into config/crd, the operator's RBAC role into config/rbac, the
# reference into docs/reference and the page of the service for EventCatalog into catalog.
# With --check it fails, naming the files, if any of them was stale; they are up to date afterwards.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
gen=$(hack/tool.sh controller-gen)

# hashes lists every generated file with its checksum.
hashes() {
	find api config docs/reference catalog -name 'zz_generated.*.go' -o -path 'config/crd/inventory.acme.com_*.yaml' -o -path config/rbac/role.yaml -o -path 'docs/reference/*' -type f -o -path 'catalog/*' -type f |
		sort | while read -r f; do echo "$f $(cksum <"$f")"; done
}

mkdir -p config/crd config/rbac docs/reference catalog
before=$(hashes)

"$gen" object paths=./api/...

# CRDs go to a directory of their own first, so that the file of a kind that is gone goes too.
crds=$(mktemp -d)
trap 'rm -rf "$crds"' EXIT
"$gen" crd paths=./api/... output:crd:dir="$crds"
rm -f config/crd/inventory.acme.com_*.yaml
find "$crds" -name '*.yaml' -exec cp {} config/crd/ \;

"$gen" rbac:roleName=inventory-operator paths=./... output:rbac:dir=config/rbac

env -u K_SINK -u K_CE_OVERRIDES go run ./hack/reference
go run . catalog --out catalog

[[ ${1:-} == --check ]] || exit 0
after=$(hashes)
[[ $before == "$after" ]] && exit 0
echo "generated files were stale; they are up to date now, commit them:" >&2
diff <(echo "$before") <(echo "$after") | awk '/^[<>]/ { print "  " $2 }' | sort -u >&2
exit 1
