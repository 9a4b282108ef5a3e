package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/logbook"
	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/plugin/output"
	"github.com/acme/inventory-service/internal/replay"
	"github.com/acme/inventory-service/internal/stock"
)

// entryList is what log prints as a document.
type entryList struct {
	typeMeta
	Items []entry `json:"items"`
}

type entry struct {
	Page  uint64 `json:"page"`
	Index int    `json:"index"`
	Time  string `json:"time,omitempty"`
	Verb  string `json:"verb"`
	Text  string `json:"text"`
}

// log is the verb.
func (p *plugin) log() *cobra.Command {
	var since time.Duration
	c := &cobra.Command{
		Use:   "log [ITEM | RESERVATION]",
		Short: "Tell what happened, by the journal",
		Long: `Tell what happened in a namespace, by its journal: all of it, or what is about a StockItem
and its units, or about a reservation (its name, its id or its uid). Where both have the
name, write stk/NAME or rsv/NAME. What compaction has dropped is not there any more; "still
known" restates what counts of it. You have to be allowed to list journalpages.`,
		Example: "  kubectl inventory log blue-mug-amsterdam --since 1h",
		Args:    arguments(0, 1, "one StockItem or reservation"),
	}
	items, reservations := p.itemNames(true), p.reservationNames()
	c.ValidArgsFunction = func(c *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
		names, directive := items(c, given, begun)
		more, _ := reservations(c, given, begun)
		return append(names, more...), directive
	}
	o := p.printingFlags(c, true)
	c.Flags().DurationVar(&since, "since", 0, "only what is younger, such as 1h")
	c.RunE = func(c *cobra.Command, given []string) error {
		if o.format.Name() {
			return misused("-o name: records of the journal have no names")
		}
		return o.runLog(c.Context(), given, since)
	}
	return c
}

func (o *printing) runLog(ctx context.Context, given []string, since time.Duration) error {
	reach, namespace, err := o.cluster()
	if err != nil {
		return err
	}
	var filter logbook.Filter
	if len(given) > 0 {
		if filter, err = about(ctx, reach, namespace, given[0]); err != nil {
			return err
		}
	}
	pages, err := reach.ReadPages(ctx, namespace)
	if err != nil {
		return err
	}
	entries, damage := logbook.Entries(pages, filter)
	if errors.Is(damage, replay.ErrNone) {
		return refused("%w", damage)
	}
	list := &entryList{typeMeta: documentOf("JournalEntryList"), Items: []entry{}}
	t := &output.Table{Columns: []output.Column{{Title: "RECORD"}, {Title: "TIME"}, {Title: "WHAT"}, {Title: "ABOUT"}}}
	from := time.Now().Add(-since).UnixMicro()
	for _, e := range entries {
		if since > 0 && int64(e.At) < from {
			continue
		}
		list.Items = append(list.Items, entry{Page: e.Page, Index: e.Index, Time: strings.Trim(e.Moment(), "-"), Verb: e.Verb, Text: e.Text})
		t.Rows = append(t.Rows, []output.Cell{{Text: fmt.Sprintf("%d/%d", e.Page, e.Index)}, {Text: e.Moment(), Colour: output.Grey}, {Text: e.Verb, Colour: verbColour(e.Verb)}, {Text: e.Text}})
	}
	return errors.Join(o.print(t, nil, list), damage)
}

func verbColour(verb string) output.Colour {
	switch verb {
	case "refused":
		return output.Red
	case "reserved", "consumed", "released":
		return output.Green
	default:
		return output.Plain
	}
}

// about is the filter for what somebody named.
func about(ctx context.Context, reach *cluster.Cluster, namespace, text string) (logbook.Filter, error) {
	kind, name, prefixed := strings.Cut(text, "/")
	if !prefixed {
		kind, name = "", text
	}
	switch strings.SplitN(kind, ".", 2)[0] {
	case "", "stk", "stockitem", "stockitems", "rsv", "reservation", "reservations":
	default:
		return logbook.Filter{}, misused("%q: write stk/NAME or rsv/NAME", text)
	}
	if !strings.HasPrefix(kind, "r") {
		item, err := reach.Item(ctx, client.ObjectKey{Namespace: namespace, Name: name})
		if err == nil {
			key := stock.Key{Product: stock.ID(v1.CanonicalID(item.Spec.ProductID)), Location: item.Spec.LocationID}
			return logbook.Filter{Item: item.Name, Place: key}, nil
		}
		if kind != "" || !apierrors.IsNotFound(err) && !apierrors.IsForbidden(err) {
			return logbook.Filter{}, err
		}
	}
	var r v1.Reservation
	switch err := reach.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &r); {
	case err == nil:
		return logbook.Filter{ID: r.ReservationID()}, nil
	case apierrors.IsNotFound(err), apierrors.IsForbidden(err):
		return logbook.Filter{ID: v1.CanonicalID(name)}, nil // the journal may know it all the same
	default:
		return logbook.Filter{}, cluster.Explained(err)
	}
}
