package wire

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// reading is how JSON of the API server is read: as leniently as client-go does.
var reading = json.JoinOptions(
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	json.WithUnmarshalers(json.UnmarshalFromFunc(skipManagedFields)),
)

// writing is how JSON is written: as encoding/json does, whose rules the tags of
// Kubernetes' types are made for.
var writing = jsonv1.DefaultOptionsV1()

func skipManagedFields(from *jsontext.Decoder, _ *[]metav1.ManagedFieldsEntry) error {
	return from.SkipValue()
}
