package main

import (
	"context"

	v1 "github.com/acme/inventory-service/api/v1"
)

// bridged is the operator with carts sent as CloudEvents through the bridge.
type bridged struct {
	*ours
	commands
	called string
}

// bridgeVariant is the bridge of an operator with other flags.
type bridgeVariant struct {
	name  string
	flags []string
	// suffix goes after the names of its ratios.
	suffix string
}

// bridges are all of them. Whatever names "bridge" in a form is played with each. One
// without flags shares the operator of ours. To measure another, add a line such as
//
//	{name: "bridge-few", flags: []string{"--workers=16"}, suffix: "_few"},
var bridges = []bridgeVariant{
	{name: "bridge"},
	{name: "bridge-none", flags: []string{"--show=none"}, suffix: "_none"},
}

// newBridges makes the contenders of all variants. objects is ours.
func newBridges(l *lab, objects *ours) (all []contender) {
	for _, v := range bridges {
		operator := objects
		if len(v.flags) > 0 {
			operator = newOurs(l, v.flags...)
			operator.called = v.name
		}
		all = append(all, newBridged(v.name, operator))
	}
	return all
}

// withBridges names every variant where a list names the bridge.
func withBridges(names ...string) (all []string) {
	for _, name := range names {
		if name != "bridge" {
			all = append(all, name)
			continue
		}
		for _, v := range bridges {
			all = append(all, v.name)
		}
	}
	return all
}

func newBridged(name string, o *ours) *bridged {
	return &bridged{ours: o, commands: newCommands(), called: name}
}

func (b *bridged) name() string { return b.called }

func (b *bridged) start(ctx context.Context, w workload, sink string) error {
	err := b.ours.start(ctx, w, sink)
	b.url = b.bridge
	return err
}

func (*bridged) begin(context.Context) error { return nil }
func (*bridged) end()                        {}

func (b *bridged) reserve(ctx context.Context, id string, items []v1.ReservationItem) (string, bool, error) {
	return b.commands.reserve(ctx, id, items)
}

func (b *bridged) release(ctx context.Context, reservation string) error {
	return b.commands.release(ctx, reservation)
}
