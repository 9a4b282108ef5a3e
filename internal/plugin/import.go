package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/plugin/output"
	"github.com/acme/inventory-service/internal/plugin/sheet"
	"github.com/acme/inventory-service/internal/stock"
)

// importing is one import.
type importing struct {
	*printing
	columns, shipped, dryRun string
}

// importSheet is the verb import.
func (p *plugin) importSheet() *cobra.Command {
	var i importing
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Make and change StockItems by a CSV file, such as a count sheet",
		Long: `Make and change StockItems by a CSV file (- is the standard input), such as a count sheet
that kubectl inventory export has printed.

Columns are name, product, location, received, counted, safetyStock, lowStockThreshold,
priority, suspended and tracking; with --columns they may have the headings of any other system. A row
is about the StockItem of its name, or where it has none of its product and location; where
there is none, it is made. An empty cell leaves things as they are. counted is what was
counted on hand: received becomes that plus what was ever shipped.

First all rows are checked, then the API server checks all changes, and only then the first
is written: a file with a mistake changes nothing. What could not be written all the same is
told, and running the same file again completes it. Rows of an exported sheet whose
StockItem somebody else has changed since are refused; so are counts of places from which
units were shipped since, unless --shipped says whether that was before the count (what was
counted is less than it was at the export) or after it.`,
		Example: "  kubectl inventory import stock.csv --dry-run\n" +
			"  kubectl inventory import erp.csv --columns 'product=SKU,location=Warehouse,counted=\"Qty, counted\"'",
		Args: arguments(1, 1, "one file"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"csv"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	i.printing = p.printingFlags(c, true)
	c.Flags().StringVar(&i.columns, "columns", "", "FIELD=HEADING,...: the headings that fields have in the file; others are left alone then")
	c.Flags().StringVar(&i.shipped, "shipped", shippedRefuse, "what was shipped since the sheet was made: refuse, before-count or after-count")
	c.Flags().StringVar(&i.dryRun, "dry-run", "none", "none, or server: all is checked, by the API server too, and nothing is written")
	c.Flags().Lookup("dry-run").NoOptDefVal = "server"
	p.complete(c, "dry-run", fixed("none", "server"))
	p.complete(c, "shipped", fixed(shippedRefuse, shippedBefore, shippedAfter))
	c.RunE = func(c *cobra.Command, given []string) error {
		switch {
		case i.dryRun != "none" && i.dryRun != "server":
			return misused("--dry-run=%q: use none or server", i.dryRun)
		case i.shipped != shippedRefuse && i.shipped != shippedBefore && i.shipped != shippedAfter:
			return misused("--shipped=%q: use refuse, before-count or after-count", i.shipped)
		}
		return i.run(c.Context(), given[0])
	}
	return c
}

func (i *importing) run(ctx context.Context, path string) error {
	text, err := i.readFile(path)
	if err != nil {
		return misused("%w", err)
	}
	columns, err := sheet.ParseColumns(i.columns)
	if err != nil {
		return misused("--columns: %w", err)
	}
	rows, err := sheet.Read(bytes.NewReader(text), columns)
	if err != nil {
		return misused("%s: %w", path, err)
	}
	reach, namespace, err := i.cluster()
	if err != nil {
		return err
	}
	steps, err := i.plan(ctx, reach, namespace, rows, digestOf(text))
	if err != nil {
		return err
	}
	wrong := count(steps, resultInvalid)
	if wrong == 0 {
		wrong, err = i.perform(ctx, reach, steps, "checking", true)
	}
	if wrong > 0 {
		return errors.Join(i.report(steps), &codedError{checkCode(err), fmt.Errorf("%d of %d rows cannot be imported: nothing was changed", wrong, len(steps))})
	}
	if i.dryRun == "server" {
		return i.report(steps)
	}
	if wrong, err = i.perform(ctx, reach, steps, "writing", false); wrong > 0 {
		return errors.Join(i.report(steps), fmt.Errorf("%d of %d rows could not be written: run the same file again to complete it: %w", wrong, len(steps), err))
	}
	return i.report(steps)
}

// checkCode is the exit code where the check failed with err: the file's fault, unless the API
// server could not check it.
func checkCode(err error) Code {
	if err == nil || cluster.IsRefused(err) {
		return Misused
	}
	return Failed
}

func (i *importing) readFile(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(i.In)
	}
	return os.ReadFile(path)
}

// plan says what the rows come to.
func (i *importing) plan(ctx context.Context, reach *cluster.Cluster, namespace string, rows []sheet.Row, digest string) ([]step, error) {
	items, err := reach.Items(ctx, namespace)
	if err != nil {
		return nil, err
	}
	p := newPlan(items)
	p.namespace, p.digest, p.shipped = namespace, digest, i.shipped
	if p.consumed, err = i.consumed(ctx, reach, namespace, rows); err != nil {
		return nil, err
	}
	steps := make([]step, len(rows))
	for at, row := range rows {
		steps[at] = p.step(row)
	}
	return steps, nil
}

// consumed tells what was ever shipped from a place: by the journal, else by statuses.
func (i *importing) consumed(ctx context.Context, reach *cluster.Cluster, namespace string, rows []sheet.Row) (func(*v1.StockItem, stock.Key) (int64, bool), error) {
	counts := false
	for _, row := range rows {
		counts = counts || row.Counted != nil
	}
	if !counts {
		return nil, nil
	}
	state, err := reach.State(ctx, namespace)
	if err == nil {
		return func(_ *v1.StockItem, key stock.Key) (int64, bool) { return state.Consumed(key), true }, nil
	}
	if !errors.Is(err, cluster.ErrUnreadable) {
		return nil, err
	}
	i.warn("what was shipped is taken from the statuses of items, which may lag by seconds: %v", err)
	return func(item *v1.StockItem, _ stock.Key) (int64, bool) { return item.Status.Consumed, cluster.Serves(item) }, nil
}

// atOnce is how many requests are under way: enough to keep an API server busy.
const atOnce = 32

// perform writes what the steps come to, or has that checked. It returns how many failed, and
// why one of them did.
func (i *importing) perform(ctx context.Context, reach *cluster.Cluster, steps []step, what string, dryRun bool) (failed int, why error) {
	progress := output.NewProgress(i.ErrOut, output.ScreenOf(i.ErrOut, i.colours, os.Getenv), what, len(steps))
	defer progress.End()
	errs := make([]error, len(steps))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for at := range steps {
		if steps[at].stands() {
			progress.Step()
			continue
		}
		group.Go(func() error {
			defer progress.Step()
			errs[at] = steps[at].perform(ctx, reach, dryRun)
			return nil
		})
	}
	_ = group.Wait() // each row has its own
	for at, err := range errs {
		if err == nil {
			continue
		}
		failed++
		if why == nil || !cluster.IsRefused(err) {
			why = err
		}
		steps[at].result, steps[at].detail = resultFailed, err.Error()
		if dryRun && cluster.IsRefused(err) {
			steps[at].result = resultInvalid
		}
	}
	return failed, why
}

func (s *step) perform(ctx context.Context, reach *cluster.Cluster, dryRun bool) error {
	if err := ctx.Err(); err != nil {
		return errors.New("interrupted before it was sent")
	}
	if s.made == nil {
		return reach.Change(ctx, s.item.DeepCopy(), s.edit, dryRun)
	}
	var options []client.CreateOption
	if dryRun {
		options = append(options, client.DryRunAll)
	}
	return cluster.Explained(reach.Create(ctx, s.made.DeepCopy(), options...))
}

func count(steps []step, of result) (n int) {
	for at := range steps {
		if steps[at].result == of {
			n++
		}
	}
	return n
}

// importReport is what import prints as a document.
type importReport struct {
	typeMeta
	Items  []importRow    `json:"items"`
	Totals map[result]int `json:"totals"`
	DryRun bool           `json:"dryRun"`
}

type importRow struct {
	Line   int    `json:"line"`
	Name   string `json:"name,omitempty"`
	Result result `json:"result"`
	Detail string `json:"detail,omitempty"`
}

// report tells what became of each row, and how many there are of each kind.
func (i *importing) report(steps []step) error {
	doc := importReport{typeMeta: documentOf("ImportReport"), Items: []importRow{}, Totals: map[result]int{}, DryRun: i.dryRun == "server"}
	t := &output.Table{Columns: []output.Column{{Title: "LINE", Right: true}, {Title: "ITEM"}, {Title: "RESULT"}, {Title: "DETAIL"}}}
	var names []string
	for at := range steps {
		s := &steps[at]
		name := s.itemName()
		doc.Totals[s.result]++
		doc.Items = append(doc.Items, importRow{Line: s.Line, Name: name, Result: s.result, Detail: s.detail})
		t.Rows = append(t.Rows, []output.Cell{output.Number(int64(s.Line)), output.Text(name), {Text: string(s.result), Colour: s.result.colour()}, {Text: s.detail}})
		if s.result == resultCreated || s.result == resultUpdated {
			names = append(names, nameOf("StockItem", name))
		}
	}
	if err := i.print(t, names, doc); err != nil {
		return err
	}
	var parts []string
	for _, r := range []result{resultCreated, resultUpdated, resultUnchanged, resultInvalid, resultFailed} {
		if doc.Totals[r] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", doc.Totals[r], r))
		}
	}
	dry := ""
	if doc.DryRun {
		dry = " (server dry run)"
	}
	_, err := fmt.Fprintf(i.ErrOut, "%d rows: %s%s\n", len(steps), strings.Join(parts, ", "), dry)
	return err
}

func (s *step) itemName() string {
	switch {
	case s.item != nil:
		return s.item.Name
	case s.made != nil:
		return s.made.Name
	default:
		return s.Name
	}
}

func (r result) colour() output.Colour {
	switch r {
	case resultCreated, resultUpdated:
		return output.Green
	case resultUnchanged:
		return output.Grey
	default:
		return output.Red
	}
}
