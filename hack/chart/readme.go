package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const about = `# The Helm chart of Inventory Service

` + "```sh" + `
helm install inventory dist/chart --namespace inventory-system --create-namespace
kubectl label namespace inventory-system pod-security.kubernetes.io/enforce=restricted
` + "```" + `

It installs what ` + "`kubectl apply --server-side -k config/default`" + ` does, once in a cluster, and with
` + "`archive.enabled`" + ` what ` + "`-k config/archive`" + ` does. ` + "`helm upgrade`" + ` upgrades
the CRDs, too, which is why they are among the templates, and ` + "`helm uninstall`" + ` keeps them, and with them the stock.
Do not use ` + "`helm rollback`" + ` where the CRDs have changed, since it applies the earlier ones: docs/upgrade.md says how to roll back.
Install it again under the same name and in the same namespace, or with ` + "`--take-ownership`" + `.

This page is made from the comments of values.yaml by ` + "`make chart`" + `.

| value | default | what |
| --- | --- | --- |
`

// readme tells every value, with the comment above it.
func readme() error {
	values, err := os.ReadFile(filepath.Join(chart, "values.yaml"))
	if err != nil {
		return err
	}
	key := regexp.MustCompile(`^( *)([A-Za-z]+):(?: (.*))?$`)
	table, comment, path := about, "", []string{}
	for line := range strings.Lines(string(values)) {
		line = strings.TrimRight(line, "\n")
		if text, is := strings.CutPrefix(strings.TrimSpace(line), "# "); is {
			comment = strings.TrimSpace(comment + " " + text)
			continue
		}
		found := key.FindStringSubmatch(line)
		if found == nil {
			comment = ""
			continue
		}
		path = append(path[:len(found[1])/2:len(found[1])/2], found[2])
		if comment != "" {
			value := found[3]
			if value == "" {
				value = "see values.yaml"
			}
			table += fmt.Sprintf("| `%s` | `%s` | %s |\n", strings.Join(path, "."), value, comment)
		}
		comment = ""
	}
	return write(filepath.Join(chart, "README.md"), table)
}
