package controllers

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// vanished gives back what a reservation holds whose object was deleted, and has the journal
// say that it is gone. That a cache does not have it proves nothing: a read past it decides.
func (p pass) vanished(ctx context.Context, r *stock.Reservation) error {
	version, gone, err := p.absent(ctx, r.Object.UID)
	if err != nil || !gone {
		return err
	}
	if !r.Phase.Ended() {
		if _, err := p.ask(ctx, stock.Release{Reservation: r.ID}); err != nil {
			return err
		}
	}
	object := r.Object
	object.Gone, object.Version = true, version
	_, err = p.ask(ctx, stock.Show{Reservation: r.ID, Object: object})
	return err
}

// absent tells whether there is no object of this uid any more, and the version that proves
// it. An object that was seen once and is not there now never comes back, so it does not
// matter what happens between this read and the answer of the journal.
func (p pass) absent(ctx context.Context, uid stock.ID) (version uint64, gone bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	var found v1.ReservationList
	err = p.APIReader.List(ctx, &found, client.InNamespace(p.key.Namespace),
		client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", p.key.Name)})
	if err != nil {
		return 0, false, fmt.Errorf("look whether reservation %s is gone: %w", p.key, err)
	}
	for i := range found.Items {
		if stock.ID(found.Items[i].UID) == uid {
			return 0, false, nil
		}
	}
	return versionOf(found.ResourceVersion), true, nil
}
