// Package webhook is the bridge: it takes the commands and queries of the
// contract as CloudEvents and as plain HTTP, brings them to the journal of their
// namespace, and answers with what the journal says.
//
// One request passes through these steps, each in files of its own: admit (is there room, is
// this process ready, who is the caller?), decode (can this message be accepted?), call
// (reserve, release, consume, look up: here, or forwarded to the leader) and encode (the
// outcome, or a problem document).
//
// The bridge decides nothing about stock and keeps nothing. A command is asked of the
// Journal, which answers once the outcome is stored: nothing is acknowledged before,
// over any protocol, so what is not decided in time is 503 and worth repeating. A
// reservation's id is made from the command's source and id, so a command that is
// repeated, here or at another replica, meets the same reservation and gets the same
// answer. A replica that is not elected to lead forwards commands (internal/forward) to the
// process that the journal names, under an id that it has given them where they had none, so
// that they may be sent again to the same leader or the next; it waits out a change of leader.
// What was forwarded is never forwarded again.
//
// Queries are answered from State on every replica, and may be moments old. Each
// answer says its position in the journal; a request that sends one back waits until
// State includes it. That something is unknown is told only where it is proven:
//
//   - to a command, by the journal's own answer;
//   - to a question, by a proof of the process that leads, which questions share, be it this
//     one or that to which the question is forwarded;
//   - without a journal, by a read past the caches that finds no page.
//
// With Options.Archive, what a journal is proven not to have is looked for there: it may have been
// forgotten. Nothing that is decided waits for that.
//
// An object that a person made is no reservation of the journal before it is decided:
// it is read past the caches, shown as it is, and commands about it have to wait.
//
// How errors are told depends on who asks. Brokers deliver again on 404, 408, 409, 429 and 5xx,
// so over CloudEvents what can never succeed is 400, 401, 403, 413, 415 or 422, and what may
// succeed later is 429 or 503. A refused cart is no error: its outcome, an Inventory Unavailable
// event, is answered or sent to the sink as that of a reserved cart is (Options.Reply).
//
// With Options.Access, callers are asked who they are before their body is read, and what they
// ask for is allowed or refused where a journal is entered: in the namespace that the command is
// carried out in, and for each event of a batch. A replica that forwards a request has reviewed
// its caller, and the one that leads does it again. /livez, /healthz, /readyz, the documents of
// the contract (/openapi.json, /asyncapi.json, /schemas) and the handshake of web-hooks are open
// to everybody.
//
// Callers of New have to give it Namespaces whose journals answer only what may be told. They
// need not bound anything: New bounds bodies, waits and requests in flight; Server bounds
// headers, connections and the time of a read. Without Access everybody may do everything;
// Server listens on loopback unless it is given another address.
package webhook
