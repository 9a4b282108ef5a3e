// Package outcomes lets those who wait for a Reservation learn of its changes as
// soon as anything in this process knows of them: the reconciler, from the API
// server's answer to its own write, or an informer.
//
//	sub := board.Watch(key) // before the first write or read
//	defer sub.Close()
//	created := ... // the API server's answer
//	last, err := sub.Wait(ctx, created, (*v1.Reservation).Decided)
//
// A Board remembers nothing while nobody waits, and asks nobody: whoever
// subscribes late, reads. Announcers owe it every change that they see, in any
// order and as often as they like; it never blocks them. Only what the API server
// has answered may be announced, never what is still to be written.
//
// What is announced is copied if somebody waits, so announcers may change their
// object afterwards. Those who wait share the copy and do not change it.
package outcomes
