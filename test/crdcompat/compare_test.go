package crdcompat

import (
	"encoding/json"
	"strings"
	"testing"

	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/utils/ptr"
)

// Each way to break what is stored is found, where it is, and nothing else.
func TestCompare(t *testing.T) {
	for name, test := range map[string]struct {
		change func(crd *v1.CustomResourceDefinition, spec map[string]v1.JSONSchemaProps)
		want   string
	}{
		"nothing":           {func(*v1.CustomResourceDefinition, map[string]v1.JSONSchemaProps) {}, ""},
		"a field":           {on("added", func(s *v1.JSONSchemaProps) { s.Type = "string" }), ""},
		"a wider bound":     {on("name", func(s *v1.JSONSchemaProps) { s.MaxLength = ptr.To[int64](20) }), ""},
		"one more value":    {on("mode", func(s *v1.JSONSchemaProps) { s.Enum = append(s.Enum, raw("C")) }), ""},
		"a description":     {on("name", func(s *v1.JSONSchemaProps) { s.Description = "other" }), ""},
		"a transition":      {on("name", func(s *v1.JSONSchemaProps) { s.XValidations = rules("self == oldSelf") }), ""},
		"a field is gone":   {func(_ *v1.CustomResourceDefinition, spec map[string]v1.JSONSchemaProps) { delete(spec, "name") }, "Thing.spec.name: it is gone"},
		"another type":      {on("name", func(s *v1.JSONSchemaProps) { s.Type = "integer" }), "Thing.spec.name: its type"},
		"a value is gone":   {on("mode", func(s *v1.JSONSchemaProps) { s.Enum = s.Enum[:1] }), `Thing.spec.mode: the value "B" is gone`},
		"values are listed": {on("name", func(s *v1.JSONSchemaProps) { s.Enum = []v1.JSON{raw("x")} }), "Thing.spec.name: it takes certain values"},
		"another default":   {on("mode", func(s *v1.JSONSchemaProps) { s.Default = ptr.To(raw("B")) }), "Thing.spec.mode: its default"},
		"no default":        {on("mode", func(s *v1.JSONSchemaProps) { s.Default = nil }), "Thing.spec.mode: its default"},
		"a lower bound":     {on("name", func(s *v1.JSONSchemaProps) { s.MaxLength = ptr.To[int64](9) }), "Thing.spec.name: maxLength"},
		"a new bound":       {on("lines", func(s *v1.JSONSchemaProps) { s.MaxItems = ptr.To[int64](9) }), "Thing.spec.lines: maxItems"},
		"a higher minimum":  {on("count", func(s *v1.JSONSchemaProps) { s.Minimum = ptr.To(2.0) }), "Thing.spec.count: -minimum"},
		"another pattern":   {on("name", func(s *v1.JSONSchemaProps) { s.Pattern = "^b$" }), "Thing.spec.name: its pattern"},
		"a rule":            {on("name", func(s *v1.JSONSchemaProps) { s.XValidations = rules("self != 'x'") }), "Thing.spec.name: it has the new rule self != 'x'"},
		"of an item":        {on("lines", func(s *v1.JSONSchemaProps) { s.Items.Schema.Type = "integer" }), "Thing.spec.lines[]: its type"},
		"merged otherwise":  {on("lines", func(s *v1.JSONSchemaProps) { s.XListType = ptr.To("set") }), "Thing.spec.lines: it is merged"},
		"required":          {func(crd *v1.CustomResourceDefinition, _ map[string]v1.JSONSchemaProps) { require(crd, "name") }, "Thing.spec.name: it is required"},
		"a version is gone": {func(crd *v1.CustomResourceDefinition, _ map[string]v1.JSONSchemaProps) {
			crd.Spec.Versions[0].Served = false
		}, "Thing: version v1"},
		"a short name is gone": {func(crd *v1.CustomResourceDefinition, _ map[string]v1.JSONSchemaProps) {
			crd.Spec.Names.ShortNames = nil
		}, "Thing: the short name th"},
		"no subresource": {func(crd *v1.CustomResourceDefinition, _ map[string]v1.JSONSchemaProps) {
			crd.Spec.Versions[0].Subresources = nil
		}, "Thing: its status"},
	} {
		t.Run(name, func(t *testing.T) {
			now := thing()
			test.change(now, now.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties)
			found := Compare(thing(), now)
			if test.want == "" && len(found) > 0 || test.want != "" && (len(found) != 1 || !strings.HasPrefix(found[0], test.want)) {
				t.Errorf("found %q, want %q alone", found, test.want)
			}
		})
	}
}

func thing() *v1.CustomResourceDefinition {
	crd := &v1.CustomResourceDefinition{}
	crd.Name, crd.Spec.Names.Kind, crd.Spec.Names.ShortNames = "things.example.com", "Thing", []string{"th"}
	spec := v1.JSONSchemaProps{Type: "object", Properties: map[string]v1.JSONSchemaProps{
		"name":  {Type: "string", MaxLength: ptr.To[int64](10), Pattern: "^a$"},
		"mode":  {Type: "string", Enum: []v1.JSON{raw("A"), raw("B")}, Default: ptr.To(raw("A"))},
		"count": {Type: "integer", Minimum: ptr.To(1.0)},
		"lines": {Type: "array", XListType: ptr.To("atomic"), Items: &v1.JSONSchemaPropsOrArray{Schema: &v1.JSONSchemaProps{Type: "string"}}},
	}}
	crd.Spec.Versions = []v1.CustomResourceDefinitionVersion{{
		Name: "v1", Served: true, Storage: true, Subresources: &v1.CustomResourceSubresources{Status: &v1.CustomResourceSubresourceStatus{}},
		Schema: &v1.CustomResourceValidation{OpenAPIV3Schema: &v1.JSONSchemaProps{
			Type: "object", Properties: map[string]v1.JSONSchemaProps{"spec": spec},
		}},
	}}
	return crd
}

// on changes one field of the spec.
func on(field string, change func(*v1.JSONSchemaProps)) func(*v1.CustomResourceDefinition, map[string]v1.JSONSchemaProps) {
	return func(_ *v1.CustomResourceDefinition, spec map[string]v1.JSONSchemaProps) {
		s := spec[field]
		change(&s)
		spec[field] = s
	}
}

func require(crd *v1.CustomResourceDefinition, field string) {
	properties := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties
	spec := properties["spec"]
	spec.Required = append(spec.Required, field)
	properties["spec"] = spec
}

func rules(rule string) v1.ValidationRules { return v1.ValidationRules{{Rule: rule}} }

func raw(text string) v1.JSON {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return v1.JSON{Raw: encoded}
}
