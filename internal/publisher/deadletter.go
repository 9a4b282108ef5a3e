package publisher

import (
	"encoding/base64"

	"github.com/cloudevents/sdk-go/v2/event"
)

// The extensions of a dead letter, as Knative brokers set them: the sink that refused
// the event, its status code, and the beginning of its answer's body in base64.
const (
	extensionDest = "knativeerrordest"
	extensionCode = "knativeerrorcode"
	extensionData = "knativeerrordata"
)

// maxErrorData bounds knativeerrordata, in characters.
const maxErrorData = 1024

// deadLetter is the refused event, otherwise unchanged.
func deadLetter(e event.Event, dest string, refusal answer) event.Event {
	letter := e.Clone()
	letter.SetExtension(extensionDest, dest)
	letter.SetExtension(extensionCode, refusal.status)
	if body := refusal.body; len(body) > 0 {
		body = body[:min(len(body), base64.StdEncoding.DecodedLen(maxErrorData))]
		letter.SetExtension(extensionData, base64.StdEncoding.EncodeToString(body))
	}
	return letter
}
