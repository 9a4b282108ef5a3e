// Package tracing sends OpenTelemetry spans of what becomes of a command: at the bridge, on its way
// to the process that leads, while it waits for its append, in the append, and when its outcome
// is sent. What was sent where is told by the W3C trace context, in headers or as the extensions of
// a CloudEvent.
//
// The environment says whether and where spans go (see Start). Where it says nothing, nothing is
// made, and what is asked of this package costs a comparison. It records no metrics and no logs, and
// touches no global of OpenTelemetry.
//
// Callers end every span that they begin, call End of the Exporter before the process ends, and never
// decide anything by a trace.
package tracing
