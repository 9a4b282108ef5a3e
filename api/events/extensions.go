package events

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	v1 "github.com/acme/inventory-service/api/v1"
)

// The extensions that this service sets itself.
const (
	// ExtensionCausationID and ExtensionCausationSource are the id and the source of the
	// command that an event is about.
	ExtensionCausationID     = "causationid"
	ExtensionCausationSource = "causationsource"
	// ExtensionPartitionKey says which events belong together.
	ExtensionPartitionKey = "partitionkey"
)

// The extensions by which Knative's RequestReply knows the reply to a message.
const (
	extensionCorrelationID = "correlationid"
	extensionReplyID       = "replyid"
)

// Bounds of what is kept of a command's extensions: how many, and the bytes of their names
// and values together.
const (
	maxExtensions     = 20
	maxExtensionBytes = 512
)

// preferred are the extensions that are kept before all others, in this order.
var preferred = []string{"traceparent", "tracestate", extensionCorrelationID, ExtensionPartitionKey, extensionReplyID}

// ofCommand are the extensions that are true of the command and not of what it leads to: where
// its data is and how it is coded, when it expires, its place in a sequence, and its own cause.
var ofCommand = []string{
	"dataref", "datacontentencoding", "expirytime", "sequence", "sequencetype", "sampledrate", "recordedtime",
	ExtensionCausationID, ExtensionCausationSource,
}

// Carried are the extensions of a command that its outcome's event carries on, and how many
// more it would carry if there were room: the preferred ones come first, then the others by
// name, and what does not fit beside those before it is left out. What Knative adds on the way
// (knative*), what is empty, and what is about the command alone stay behind.
func Carried(extensions map[string]string) (carried map[string]string, dropped int) {
	names := make([]string, 0, len(extensions))
	for name := range extensions {
		if extensions[name] != "" && !strings.HasPrefix(name, "knative") && !slices.Contains(ofCommand, name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, byPreference)
	bytes := 0
	for _, name := range names {
		size := len(name) + len(extensions[name])
		if len(carried) == maxExtensions || bytes+size > maxExtensionBytes {
			dropped++
			continue
		}
		if carried == nil {
			carried = map[string]string{}
		}
		carried[name] = extensions[name]
		bytes += size
	}
	return carried, dropped
}

func byPreference(a, b string) int {
	rank := func(name string) int {
		if i := slices.Index(preferred, name); i >= 0 {
			return i
		}
		return len(preferred)
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}

// carryOn sets the extensions of the event that tells a Reservation's outcome.
func carryOn(event *cloudevents.Event, r *v1.Reservation) {
	if r.Spec.CartID != "" {
		event.SetExtension(ExtensionPartitionKey, r.Spec.CartID)
	}
	command := r.Spec.Command
	if command == nil {
		return
	}
	for name, value := range command.Extensions {
		event.SetExtension(name, string(value))
	}
	setReplyID(event, command.ID)
	if command.Source != "" { // else the id is one that nobody knows
		setCause(event, command.Source, command.ID)
	}
}

// setReplyID has the correlationid that Knative's RequestReply made for the message with an id,
// and that the event carries on, come back as its replyid. RequestReply takes the event that has
// it for the reply; the message itself must not have it, or it would be its own.
func setReplyID(event *cloudevents.Event, id string) {
	extensions := event.Extensions()
	correlation, _ := extensions[extensionCorrelationID].(string)
	rest, made := strings.CutPrefix(correlation, id+":") // id:proof:replica
	if _, given := extensions[extensionReplyID]; made && !given && strings.Count(rest, ":") == 1 {
		event.SetExtension(extensionReplyID, correlation)
	}
}

// maxCause bounds the id and the source of a command in the headers of an event, in bytes: a
// sink may refuse one whose headers are long.
const maxCause = 1024

// setCause names the command that an event is about, as far as it is known, unless that is
// too long.
func setCause(event *cloudevents.Event, source, id string) {
	if len(encodeHeader(source))+len(encodeHeader(id)) > maxCause {
		return
	}
	for name, value := range map[string]string{ExtensionCausationSource: source, ExtensionCausationID: id} {
		if value != "" {
			event.SetExtension(name, value)
		}
	}
}

// Answering gives an event that answers a message the message's extensions, names it as the
// cause, and tells it by its id from the answers to others.
func Answering(event *cloudevents.Event, source, id string, extensions map[string]string) {
	carried, _ := Carried(extensions)
	for name, value := range carried {
		event.SetExtension(name, value)
	}
	setReplyID(event, id)
	setCause(event, source, id)
	cause := sha256.Sum256([]byte(strconv.Itoa(len(source)) + " " + source + id))
	event.SetID(event.ID() + "." + hex.EncodeToString(cause[:8]))
}

// ForHeaders is an event whose subject and extensions are written as the HTTP binding of
// CloudEvents (3.1.3.2) has senders write headers: whatever is no printable ASCII, a blank, a
// quote or a percent sign is percent-encoded. The SDK encodes nothing in binary mode, and
// the other attributes of this service's events need no encoding.
func ForHeaders(event cloudevents.Event) cloudevents.Event {
	event = event.Clone()
	event.SetSubject(encodeHeader(event.Subject()))
	for name, value := range event.Extensions() {
		if text, ok := value.(string); ok {
			event.SetExtension(name, encodeHeader(text))
		}
	}
	return event
}

func encodeHeader(value string) string {
	var text strings.Builder
	for i := range len(value) {
		if c := value[i]; c > ' ' && c <= '~' && c != '"' && c != '%' {
			text.WriteByte(c)
		} else {
			fmt.Fprintf(&text, "%%%02X", c)
		}
	}
	return text.String()
}
