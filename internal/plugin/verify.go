package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/acme/inventory-service/internal/auditor"
	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/plugin/output"
	"github.com/acme/inventory-service/internal/replay"
)

// verification is what verify prints as a document.
type verification struct {
	typeMeta
	Namespace    string       `json:"namespace"`
	Consistent   bool         `json:"consistent"`
	Position     string       `json:"position,omitempty"`
	Reservations int          `json:"reservations"`
	StockItems   int          `json:"stockItems"`
	Unsettled    int          `json:"unsettled"`
	Differences  []difference `json:"differences"`
	More         int          `json:"more,omitempty"`
}

type difference struct {
	Kind     string `json:"kind"`
	Object   string `json:"object"`
	Figure   string `json:"figure"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
}

// verify is the verb.
func (p *plugin) verify() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify",
		Short: "Recompute the stock from the journal and show what differs",
		Long: `Recompute the stock from the journal, on this machine and without the operator, and show
where the journal contradicts itself or objects show something else: exit code 0 if nothing
differs, 3 if something does. What seems wrong is looked at again some seconds later; what
only lags, or keeps changing, is counted as unsettled. You have to be allowed to list
journalpages, stockitems and reservations.`,
		Args: arguments(0, 0, "no arguments"),
	}
	o := p.printingFlags(c, true)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if o.format.Name() {
			return misused("-o name: differences have no names")
		}
		return o.runVerify(c.Context())
	}
	return c
}

func (o *printing) runVerify(ctx context.Context) error {
	reach, namespace, err := o.cluster()
	if err != nil {
		return err
	}
	report, err := auditor.Verify(ctx, reach.Pages, reach, namespace, 0)
	switch {
	case errors.Is(err, replay.ErrNone):
		return refused("namespace %s: %w", namespace, err)
	case err != nil:
		return cluster.Explained(err)
	}
	doc := verification{
		typeMeta: documentOf("Verification"), Namespace: namespace, Consistent: len(report.Differences) == 0, Position: report.Position,
		Reservations: report.Reservations, StockItems: report.Items, Unsettled: report.Unsettled, More: report.More, Differences: []difference{},
	}
	t := &output.Table{Columns: []output.Column{{Title: "KIND"}, {Title: "OBJECT"}, {Title: "FIGURE"}, {Title: "EXPECTED"}, {Title: "FOUND"}}}
	for _, d := range report.Differences {
		doc.Differences = append(doc.Differences, difference{Kind: d.Kind.String(), Object: d.Object, Figure: d.Figure, Expected: d.Expected, Found: d.Found})
		t.Rows = append(t.Rows, []output.Cell{{Text: d.Kind.String(), Colour: output.Red}, {Text: d.Object}, {Text: d.Figure}, {Text: d.Expected}, {Text: d.Found}})
	}
	if !o.format.Table() || !doc.Consistent {
		if err := o.print(t, nil, doc); err != nil {
			return err
		}
	}
	return o.conclude(doc)
}

// conclude says in a sentence what was found.
func (o *printing) conclude(doc verification) error {
	sum := fmt.Sprintf("%d reservations and %d StockItems of namespace %s, up to %s", doc.Reservations, doc.StockItems, doc.Namespace, doc.Position)
	if doc.Unsettled > 0 {
		o.warn("%d figures lag or keep changing: they were not judged", doc.Unsettled)
	}
	if !doc.Consistent {
		return refused("%d figures differ (%s)", len(doc.Differences)+doc.More, sum)
	}
	if o.format.Table() {
		o.say("nothing differs: %s", sum)
	}
	return nil
}
