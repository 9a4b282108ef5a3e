package reference

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// definition is what the reference reads of a CRD.
type definition struct {
	Spec struct {
		Group string
		Scope string
		Names struct {
			Kind       string
			ShortNames []string
			Plural     string
		}
		Versions []struct {
			Name                     string
			AdditionalPrinterColumns []struct{ Name, JSONPath, Description string }
			Schema                   struct{ OpenAPIV3Schema map[string]any }
		}
	}
}

func resources(folder string) (string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "inventory.acme.com_*.yaml"))
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("there are no CRDs in %s (%w)", folder, err)
	}
	slices.Sort(files)
	var text strings.Builder
	text.WriteString("# Resources\n\n`kubectl explain` tells the same of a cluster that has them.\n\n")
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		var d definition
		if err := yaml.Unmarshal(source, &d); err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
		text.WriteString(resource(d))
	}
	return text.String(), nil
}

func resource(d definition) string {
	var text strings.Builder
	for _, version := range d.Spec.Versions {
		schema := version.Schema.OpenAPIV3Schema
		fmt.Fprintf(&text, "## %s\n\n`%s/%s`, %s, `%s`", d.Spec.Names.Kind, d.Spec.Group, version.Name, strings.ToLower(d.Spec.Scope), d.Spec.Names.Plural)
		for _, name := range d.Spec.Names.ShortNames {
			fmt.Fprintf(&text, " or `%s`", name)
		}
		fmt.Fprintf(&text, ". %s\n\n", fieldText(schema))
		properties, _ := schema["properties"].(map[string]any)
		for _, name := range []string{"apiVersion", "kind", "metadata"} {
			delete(properties, name) // of every object
		}
		text.WriteString(table([]string{"field", "type", "", "what"}, fields(schema, "")))
		var rows [][]string
		for _, column := range version.AdditionalPrinterColumns {
			rows = append(rows, []string{column.Name, code(column.JSONPath), column.Description})
		}
		if len(rows) > 0 {
			text.WriteString(table([]string{"column", "path", "what"}, rows))
		}
	}
	return text.String()
}
