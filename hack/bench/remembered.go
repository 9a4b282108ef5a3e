package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	v1 "github.com/acme/inventory-service/api/v1"
)

// rememberedCarts is what finished carts take of kube-apiserver's memory while they are
// remembered.
type rememberedCarts struct {
	Contender string `json:"contender"`
	Carts     int    `json:"carts"`
	Before    memory `json:"apiserver_before"`
	After     memory `json:"apiserver_after"`
}

// historyTime is after when the API server keeps no older versions for its watches.
const historyTime = 2 * time.Minute

// remember has each variant of the bridge hold so many carts and release them again, the one
// without objects first.
func (b *bench) remember(ctx context.Context, carts int) (all []rememberedCarts, err error) {
	if carts == 0 {
		return nil, nil
	}
	for _, name := range []string{"bridge-none", "bridge"} {
		through, ok := b.contenders[name].(*bridged)
		if !ok {
			return all, fmt.Errorf("%s is no bridge", name)
		}
		fmt.Printf("%d finished carts of %s\n", carts, name)
		m, err := b.rememberedBy(ctx, through, carts)
		if err != nil {
			return all, fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("  kube-apiserver's heap %.0f, then %.0f MiB; RSS %.0f, then %.0f MiB\n", m.Before.Heap, m.After.Heap, m.Before.RSS, m.After.RSS)
		all = append(all, m)
	}
	return all, nil
}

func (b *bench) rememberedBy(ctx context.Context, through *bridged, carts int) (m rememberedCarts, err error) {
	m.Contender, m.Carts = through.name(), carts
	if err := through.start(ctx, hot, ""); err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, through.stop()) }()
	if m.Before, err = b.apiServerMemory(ctx); err != nil {
		return m, err
	}
	err = inParallel(ctx, 64, carts, func(int) error {
		id, reserved, err := through.reserve(ctx, uuid.NewString(), []v1.ReservationItem{{ProductID: product(0), Quantity: 1}})
		if err != nil || !reserved {
			return errors.Join(err, errors.New("a cart was not reserved"))
		}
		return through.release(ctx, id)
	})
	if err != nil {
		return m, err
	}
	if err := errors.Join(b.lab.quiet(ctx), pause(ctx, historyTime)); err != nil {
		return m, err
	}
	m.After, err = b.apiServerMemory(ctx)
	return m, err
}

func (b *bench) apiServerMemory(ctx context.Context) (m memory, err error) {
	if m.Heap, err = b.lab.apiServerHeap(ctx); err != nil {
		return m, err
	}
	servers, err := readServers()
	m.RSS = servers.apiServer.rssBytes / (1 << 20)
	return m, err
}
