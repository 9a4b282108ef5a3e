package v1_test

import (
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
	"sigs.k8s.io/yaml"
)

// definition is what an API server makes of a CustomResourceDefinition, but for
// its CEL rules.
type definition struct {
	structural *schema.Structural
	validator  *validate.SchemaValidator
}

func definitionOf(tb testing.TB, plural string) *definition {
	tb.Helper()
	text, err := os.ReadFile("../../config/crd/inventory.acme.com_" + plural + ".yaml")
	if err != nil {
		tb.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &crd); err != nil {
		tb.Fatal(err)
	}
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(crd.Spec.Versions[0].Schema.OpenAPIV3Schema, &internal, nil); err != nil {
		tb.Fatal(err)
	}
	structural, err := schema.NewStructural(&internal)
	if err != nil {
		tb.Fatal(err)
	}
	return &definition{
		structural: structural,
		validator:  validate.NewSchemaValidator(structural.ToKubeOpenAPI(), nil, "", strfmt.Default),
	}
}

// admit makes an object what the API server would store: unknown fields go and
// defaults come. It tells whether it is valid.
func (d *definition) admit(object map[string]any) bool {
	d.prune(object)
	setDefaults(object, d.structural)
	return d.faults(object) == nil && heldFor(object) && readableTimes(object)
}

func (d *definition) prune(object map[string]any) { pruning.Prune(object, d.structural, true) }

func (d *definition) faults(object map[string]any) []error {
	return d.validator.Validate(object).Errors
}

// setDefaults does what the API server does with fields that are left out or
// null: the former get their default, and so do the latter, or they go.
func setDefaults(x any, s *schema.Structural) {
	switch x := x.(type) {
	case map[string]any:
		for name, property := range s.Properties {
			value, found := x[name]
			switch {
			case found && (value != nil || property.Nullable):
			case property.Default.Object != nil:
				x[name] = runtime.DeepCopyJSONValue(property.Default.Object)
			default:
				delete(x, name)
			}
			setDefaults(x[name], &property)
		}
	case []any:
		for _, value := range x {
			if s.Items != nil {
				setDefaults(value, s.Items)
			}
		}
	}
}

// holdPattern is the pattern in the CEL rule of holdFor.
var holdPattern = regexp.MustCompile(`^([0-9]{1,6}([.][0-9]{1,9})?h)?([0-9]{1,6}([.][0-9]{1,9})?m)?([0-9]{1,6}([.][0-9]{1,9})?s)?([0-9]{1,8}ms)?$`)

// heldFor is the CEL rule of holdFor, whose duration() is Go's.
func heldFor(object map[string]any) bool {
	spec, _ := object["spec"].(map[string]any)
	text, given := spec["holdFor"].(string)
	if !given {
		return true
	}
	hold, err := time.ParseDuration(text)
	return holdPattern.MatchString(text) && err == nil && hold >= time.Second && hold <= 24*time.Hour
}

// timeFields are the fields of statuses that are times without a pattern of their own.
var timeFields = []string{"expiresAt", "lastTransitionTime", "rememberedSince", "auditedAt", "at"}

// readableTimes tells whether all times of a status are such as Kubernetes' own
// types read and write, to the second. Its schema format date-time takes more than they
// do, in every kind that there is; but nobody writes more to a status.
func readableTimes(object map[string]any) bool {
	readable := true
	var visit func(x any)
	visit = func(x any) {
		switch x := x.(type) {
		case map[string]any:
			for name, value := range x {
				if text, ok := value.(string); ok && slices.Contains(timeFields, name) {
					at, err := time.Parse(time.RFC3339, text)
					readable = readable && err == nil && at.Nanosecond() == 0
				}
				visit(value)
			}
		case []any:
			for _, value := range x {
				visit(value)
			}
		}
	}
	visit(object["status"])
	return readable
}
