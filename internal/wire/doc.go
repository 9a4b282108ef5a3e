// Package wire carries the project's own kinds between the operator and the API server
// at less cost than the general clients, which find out for every object what it is and
// read its JSON several times over.
//
// Lists and watches (ListerWatcher, Transport) are decoded in one pass, straight into the
// kind. The client (NewClient) sends no more of an object than the API server looks at.
// Both read JSON with encoding/json/v2, by its mirror until the project is built with a Go
// that has it, and leave managedFields out: nobody here reads them, and they are a third
// of what is sent.
//
// What arrives is otherwise what client-go's decoders make of it. Errors are client-go's
// and the API server's own. Callers owe it objects of the kinds of api/v1 (for others
// the client is controller-runtime's), and to a ListerWatcher clients that go through
// Transport.
package wire
