package reference

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

func keys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// fields are a row for each field of a schema of JSON Schema or OpenAPI, those of what is in them
// below it. Required ones come first.
func fields(schema map[string]any, prefix string) (rows [][]string) {
	properties, _ := schema["properties"].(map[string]any)
	required := texts(schema["required"])
	names := slices.SortedFunc(keys(properties), func(a, b string) int {
		if d := rank(required, a) - rank(required, b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		field, _ := properties[name].(map[string]any)
		must := ""
		if slices.Contains(required, name) {
			must = "required"
		}
		rows = append(rows, []string{code(prefix + name), typeText(field), must, fieldText(field)})
		rows = append(rows, fields(field, prefix+name+".")...)
		if items, ok := field["items"].(map[string]any); ok {
			rows = append(rows, fields(items, prefix+name+"[].")...)
		}
	}
	return rows
}

func rank(required []string, name string) int {
	if slices.Contains(required, name) {
		return 0
	}
	return 1
}

func texts(list any) (all []string) {
	values, _ := list.([]any)
	for _, value := range values {
		all = append(all, fmt.Sprint(value))
	}
	return all
}

func typeText(field map[string]any) string {
	if items, ok := field["items"].(map[string]any); ok {
		return "list of " + typeText(items)
	}
	if values, ok := field["additionalProperties"].(map[string]any); ok {
		return "map of " + typeText(values)
	}
	kind, format := fmt.Sprint(field["type"]), fmt.Sprint(field["format"])
	switch {
	case field["enum"] != nil:
		return "`" + strings.Join(texts(field["enum"]), "`, `") + "`"
	case field["format"] != nil && format != "int64" && format != "int32":
		return format
	case field["type"] == nil:
		return "any"
	default:
		return kind
	}
}

// fieldText is what a field means, and its bounds. What only schemas need to say, such as the
// characters of an id, is left to them.
func fieldText(field map[string]any) string {
	text, _ := field["description"].(string)
	text = strings.Join(strings.Fields(text), " ")
	var bounds []string
	for _, bound := range []struct{ name, words string }{
		{"default", "Default"}, {"minimum", "At least"}, {"maximum", "At most"}, {"minItems", "At least (lines)"}, {"maxItems", "At most (lines)"}, {"maxLength", "At most (characters)"},
	} {
		if value, ok := field[bound.name]; ok {
			encoded, err := json.Marshal(value)
			if err != nil {
				encoded = []byte(fmt.Sprint(value))
			}
			bounds = append(bounds, bound.words+" "+string(encoded)+".")
		}
	}
	if text != "" && !strings.HasSuffix(text, ".") {
		text += "."
	}
	return strings.TrimSpace(text + " " + strings.Join(bounds, " "))
}
