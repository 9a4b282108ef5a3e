package main

import (
	"context"

	v1 "github.com/acme/inventory-service/api/v1"
)

// contender is one way to run an inventory service.
type contender interface {
	// name is how the result calls it.
	name() string
	// start makes it ready to take a workload's carts, with the stock in place, and to
	// send their events to the URL of a sink, or where that is empty, to nobody.
	start(ctx context.Context, w workload, sink string) error
	// begin and end frame each of its turns, with what its clients alone need.
	begin(ctx context.Context) error
	end()
	// reserve sends one cart and returns when its outcome is known. id is a
	// UUID that no other cart has. What it returns names the reservation.
	reserve(ctx context.Context, id string, items []v1.ReservationItem) (reservation string, reserved bool, err error)
	// release gives the units of a reservation back and returns when they are.
	release(ctx context.Context, reservation string) error
	// usage is what its own process has used so far: API server, database and clients
	// are counted apart.
	usage(ctx context.Context) (usage, error)
	// stop ends what start has started.
	stop() error
}

// needless are the clients of a contender that answers each of them.
type needless struct{}

func (needless) begin(context.Context) error { return nil }
func (needless) end()                        {}

// onDatabase are contenders that keep their data in PostgreSQL and use no API server.
type onDatabase interface {
	// databaseUsage is what the server has used so far.
	databaseUsage() (usage, error)
}
