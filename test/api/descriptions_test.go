package api

import (
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset/typed/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Every field of every kind, at any depth, says what it is, beginning with its name.
func TestEveryFieldIsDescribed(t *testing.T) {
	for _, crd := range crds(t) {
		t.Run(crd.Spec.Names.Kind, func(t *testing.T) {
			fields := 0
			walk(crd.Spec.Names.Kind, *rootSchema(crd), func(path string, schema apiextensionsv1.JSONSchemaProps) {
				fields++
				// metadata is described by Kubernetes itself.
				if schema.Description == "" && path != crd.Spec.Names.Kind+".metadata" {
					t.Errorf("%s has no description", path)
				}
				// People look a field up by the name that they write.
				if name := ownName(crd.Spec.Names.Kind, path); name != "" && !strings.HasPrefix(schema.Description, name+" ") {
					t.Errorf("the description of %s begins with %.30q, not with its name", path, schema.Description)
				}
			})
			if fields < 10 {
				t.Errorf("saw %d fields only", fields)
			}
		})
	}
}

// ownName is the name of a field that we describe, empty for those that Kubernetes does.
func ownName(kind, path string) string {
	switch path {
	case kind, kind + ".metadata", kind + ".apiVersion", kind + ".kind":
		return ""
	}
	return path[strings.LastIndex(path, ".")+1:]
}

// crds are the installed CRDs.
func crds(t *testing.T) []apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	extensions, err := apiextensions.NewForConfig(admin)
	if err != nil {
		t.Fatal(err)
	}
	list, err := extensions.CustomResourceDefinitions().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) < 4 {
		t.Fatalf("%d CRDs are installed, want at least 4", len(list.Items))
	}
	return list.Items
}

func rootSchema(crd apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.JSONSchemaProps {
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema
}

// walk visits a schema and everything below it.
func walk(path string, schema apiextensionsv1.JSONSchemaProps, visit func(string, apiextensionsv1.JSONSchemaProps)) {
	visit(path, schema)
	for name, property := range schema.Properties {
		walk(path+"."+name, property, visit)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		// The elements of a list of objects: their fields count, the list describes them.
		for name, property := range schema.Items.Schema.Properties {
			walk(path+"."+name, property, visit)
		}
	}
}

// objectFields are the paths that have fields below them, as kubectl explain
// takes them, and the schema that has those fields.
func objectFields(kind string, crd apiextensionsv1.CustomResourceDefinition) map[string]apiextensionsv1.JSONSchemaProps {
	found := map[string]apiextensionsv1.JSONSchemaProps{}
	walk(kind, *rootSchema(crd), func(path string, schema apiextensionsv1.JSONSchemaProps) {
		if schema.Items != nil && schema.Items.Schema != nil {
			schema = *schema.Items.Schema
		}
		if len(schema.Properties) > 0 {
			found[path] = schema
		}
	})
	return found
}
