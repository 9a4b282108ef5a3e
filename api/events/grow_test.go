package events

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
)

var updateContract = flag.Bool("update-contract", false, "take the schemas that there are now, where they only grew, as what was published")

const published = "testdata/contract"

// The contract only grows. testdata/contract is what was published: the first version is never changed
// at all, and later ones take fields and values on. What a change would break is named.
func TestContractOnlyGrows(t *testing.T) {
	seen := map[string]bool{}
	for eventType := range schemaFile {
		for _, version := range Versions() {
			schema, ok := SchemaOf(eventType, version, v1.UUIDs)
			if !ok {
				continue
			}
			file := filepath.Join(published, filepath.FromSlash(SchemaPath(eventType, version)))
			seen[file] = true
			before, err := os.ReadFile(file)
			if err != nil && !*updateContract {
				t.Errorf("%s is not among what was published: go test ./api/events -run TestContractOnlyGrows -update-contract adds it", file)
				continue
			}
			var broken []string
			if err == nil {
				broken = breaks(parse(t, before), parse(t, schema), slices.Contains(TypesTaken(), eventType))
				if version == Version1_0 && !reflect.DeepEqual(parse(t, before), parse(t, schema)) {
					broken = append(broken, "the first version is changed")
				}
			}
			for _, why := range broken {
				t.Errorf("%s %s: %s", eventType, version, why)
			}
			if *updateContract && len(broken) == 0 {
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // as git checks it out
					t.Fatal(err)
				}
				if err := os.WriteFile(file, schema, 0o644); err != nil { //nolint:gosec // as git checks it out
					t.Fatal(err)
				}
			} else if string(before) != string(schema) && len(broken) == 0 {
				t.Errorf("%s %s has grown: go test ./api/events -run TestContractOnlyGrows -update-contract takes it as published", eventType, version)
			}
		}
	}
	files, err := filepath.Glob(published + "/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if !seen[file] {
			t.Errorf("%s was published, and is gone", file)
		}
	}
}

func parse(t *testing.T, schema []byte) (document map[string]any) {
	t.Helper()
	if err := json.Unmarshal(schema, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// breaks says what a change of a schema breaks: for whoever sends, where the service takes the message,
// else for whoever reads it.
func breaks(before, after map[string]any, taken bool) []string {
	return breaksAt("", before, after, taken)
}

func breaksAt(path string, before, after map[string]any, taken bool) (all []string) {
	say := func(format string, args ...any) { all = append(all, path+": "+fmt.Sprintf(format, args...)) }
	if !reflect.DeepEqual(before["type"], after["type"]) || !reflect.DeepEqual(before["format"], after["format"]) {
		say("its type was %v %v and is %v %v", before["type"], before["format"], after["type"], after["format"])
	}
	for _, value := range list(before["enum"]) {
		if after["enum"] != nil && !slices.Contains(list(after["enum"]), value) {
			say("%v is no value any more", value)
		}
	}
	if before["enum"] == nil && after["enum"] != nil {
		say("it has these values alone now: %v", after["enum"])
	}
	for _, name := range list(after["required"]) {
		if taken && !slices.Contains(list(before["required"]), name) {
			say("%v is required now", name)
		}
	}
	for _, name := range list(before["required"]) {
		if !taken && !slices.Contains(list(after["required"]), name) {
			say("%v is not always there any more", name)
		}
	}
	for _, keyword := range []string{"pattern", "not", "oneOf", "additionalProperties"} {
		if !reflect.DeepEqual(before[keyword], after[keyword]) && (taken || after[keyword] == nil) {
			say("%s was %v and is %v", keyword, before[keyword], after[keyword])
		}
	}
	for _, keyword := range []string{"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties"} {
		if narrower(keyword, before[keyword], after[keyword], taken) {
			say("%s was %v and is %v", keyword, before[keyword], after[keyword])
		}
	}
	was, _ := before["properties"].(map[string]any)
	is, _ := after["properties"].(map[string]any)
	for name, property := range was {
		now, ok := is[name].(map[string]any)
		if !ok {
			say("%s is gone", name)
			continue
		}
		all = append(all, breaksAt(strings.TrimPrefix(path+"."+name, "."), property.(map[string]any), now, taken)...)
	}
	if items, ok := before["items"].(map[string]any); ok {
		now, _ := after["items"].(map[string]any)
		all = append(all, breaksAt(path+"[]", items, now, taken)...)
	}
	return all
}

// narrower tells whether fewer values are taken than before, or, of what is told, more are.
func narrower(keyword string, before, after any, taken bool) bool {
	was, bounded := before.(float64)
	is, still := after.(float64)
	if !taken {
		was, is, bounded, still = is, was, still, bounded
	}
	switch {
	case !still:
		return false
	case !bounded:
		return true
	case strings.HasPrefix(keyword, "min"):
		return is > was
	default:
		return is < was
	}
}

func list(value any) []any {
	values, _ := value.([]any)
	return values
}

// The comparison tells growth from breakage.
func TestBreaks(t *testing.T) {
	const before = `{"type":"object","required":["a"],"properties":{"a":{"type":"string","maxLength":5},"b":{"enum":["x","y"]},"c":{"type":"array","items":{"type":"integer","minimum":1}}}}`
	for name, tc := range map[string]struct {
		after string
		// sender and reader say for whom it breaks.
		sender, reader bool
	}{
		"nothing":                {before, false, false},
		"a new field":            {strings.Replace(before, `"b":`, `"d":{"type":"string"},"b":`, 1), false, false},
		"a field is gone":        {strings.Replace(before, `"b":{"enum":["x","y"]},`, "", 1), true, true},
		"another type":           {strings.Replace(before, `"type":"string"`, `"type":"integer"`, 1), true, true},
		"a value is gone":        {strings.Replace(before, `"x","y"`, `"x"`, 1), true, true},
		"a value is added":       {strings.Replace(before, `"x","y"`, `"x","y","z"`, 1), false, false},
		"a field is required":    {strings.Replace(before, `["a"]`, `["a","b"]`, 1), true, false},
		"a field may be missing": {strings.Replace(before, `["a"]`, `[]`, 1), false, true},
		"shorter":                {strings.Replace(before, `"maxLength":5`, `"maxLength":4`, 1), true, false},
		"longer":                 {strings.Replace(before, `"maxLength":5`, `"maxLength":6`, 1), false, true},
		"a pattern":              {strings.Replace(before, `"maxLength":5`, `"maxLength":5,"pattern":"^a"`, 1), true, false},
		"within a list":          {strings.Replace(before, `"minimum":1`, `"minimum":2`, 1), true, false},
		"closed":                 {strings.Replace(before, `"required"`, `"additionalProperties":false,"required"`, 1), true, false},
	} {
		for taken, want := range map[bool]bool{true: tc.sender, false: tc.reader} {
			if got := breaks(parse(t, []byte(before)), parse(t, []byte(tc.after)), taken); (len(got) > 0) != want {
				t.Errorf("%s, taken %v: %v", name, taken, got)
			}
		}
	}
}
