package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/restore"
)

// restoring is one run of the verb.
type restoring struct {
	*plugin
	dry     bool
	timeout time.Duration
	reach   *cluster.Cluster
	key     client.ObjectKey
	file    *restore.File
}

// restore is the verb.
func (p *plugin) restore() *cobra.Command {
	r := &restoring{plugin: p}
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Take in what was shipped and held elsewhere, as export --shipped has written it",
		Long: `Take in what was shipped and held in another cluster or namespace, as kubectl inventory export
--shipped has written it; - is the standard input.

The file goes into ConfigMaps named inventory-restore-*, from which the operator that leads takes
it in: all of it before it decides anything else, or nothing. It refuses where units were shipped
here already, or a hold of the file is known here and stands otherwise, and says which. The same
file again changes nothing. The exit code tells what became of it; the ConfigMaps are deleted once
it is here.

So that nothing is sold before, the Namespace has to have the annotation
` + v1.AwaitRestoreAnnotation + `=true before its first StockItem is there, and to keep it until the
restore is done. Set it with --field-manager=restore of kubectl, or in Git where Git has the
Namespace: what kubectl wrote without that, Flux takes back, and everything is sold again.

--dry-run reads the file and the journal, tells what would be refused, and writes nothing.`,
		Example: "  kubectl inventory restore shipped.yaml",
		Args:    arguments(1, 1, "one file"),
	}
	c.Flags().BoolVar(&r.dry, "dry-run", false, "tell what would be refused, and write nothing")
	c.Flags().DurationVar(&r.timeout, "timeout", 2*time.Minute, "how long to wait")
	c.RunE = func(c *cobra.Command, given []string) (err error) {
		if r.file, err = p.readShipped(given[0]); err != nil {
			return misused("%s: %w", given[0], err)
		}
		var namespace string
		if r.reach, namespace, err = p.cluster(); err != nil {
			return err
		}
		r.key = client.ObjectKey{Namespace: namespace, Name: v1.LedgerName}
		if r.dry {
			return r.try(c.Context())
		}
		return r.run(c.Context())
	}
	return c
}

func (p *plugin) readShipped(name string) (*restore.File, error) {
	if name == "-" {
		text, err := io.ReadAll(p.In)
		if err != nil {
			return nil, err
		}
		return restore.Parse(text)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return restore.Parse(text)
}

// contents says what a file has.
func (r *restoring) contents() string {
	return fmt.Sprintf("what was shipped from %d places, %d holds and %d reservations that are over, of namespace %s",
		len(r.file.Totals), r.file.Held(), len(r.file.Reservations)-r.file.Held(), r.file.Namespace)
}

// try tells what would be refused.
func (r *restoring) try(ctx context.Context) error {
	wanted, err := r.file.Request()
	if err != nil {
		return misused("%w", err)
	}
	if _, err := r.file.Parts(r.key.Namespace); err != nil {
		return refused("%w", err)
	}
	state, err := r.reach.State(ctx, r.key.Namespace)
	if err != nil {
		return err
	}
	if differences := state.Differences(wanted); len(differences) > 0 && state.Restoration().Digest != wanted.Digest {
		for _, d := range differences {
			r.say("%s", d)
		}
		return refused("nothing would be taken in: the journal of namespace %s says otherwise", r.key.Namespace)
	}
	r.say("%s (dry run)", r.contents())
	return nil
}

// run writes the ConfigMaps, asks for the restore and waits for what becomes of it.
func (r *restoring) run(ctx context.Context) error {
	parts, err := r.file.Parts(r.key.Namespace)
	if err != nil {
		return refused("%w", err)
	}
	for _, part := range parts {
		if err := r.write(ctx, part); err != nil {
			return fmt.Errorf("write ConfigMap %s: %w (the ClusterRole inventory-restorer allows it)", part.Name, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	request := r.file.Digest + "/" + strconv.FormatInt(time.Now().UnixNano(), 36)
	if err := r.ask(ctx, request); err != nil {
		return err
	}
	var last *v1.StockLedger
	ledger, err := r.reach.AwaitLedger(ctx, r.key, func(l *v1.StockLedger) bool {
		last = l
		return l.Status.Restore != nil && l.Status.Restore.LastHandledRequest == request
	})
	if errors.Is(err, cluster.ErrNotYet) {
		return &codedError{Undecided, fmt.Errorf("it is written, and no operator has taken it in within %s: it may still come%s", r.timeout, why(last))}
	}
	if err != nil {
		return cluster.Explained(err)
	}
	if !meta.IsStatusConditionTrue(ledger.Status.Conditions, v1.ConditionRestored) {
		return refused("the operator refuses it%s", why(ledger))
	}
	for _, part := range parts {
		if err := r.reach.Delete(ctx, part); err != nil && !apierrors.IsNotFound(err) {
			r.warn("ConfigMap %s is needed no more, and cannot be deleted: %v", part.Name, err)
		}
	}
	r.say("restored: %s", r.contents())
	return nil
}

// why is what the condition says, after a colon.
func why(l *v1.StockLedger) string {
	if l == nil {
		return ""
	}
	if c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionRestored); c != nil {
		return ": " + c.Message
	}
	return ""
}

// write makes a ConfigMap, or another one of its name this one.
func (r *restoring) write(ctx context.Context, part *corev1.ConfigMap) error {
	err := r.reach.Create(ctx, part.DeepCopy())
	if apierrors.IsAlreadyExists(err) {
		return r.reach.Update(ctx, part.DeepCopy()) // over any version: the digest tells what is whole
	}
	return err
}

// ask annotates the StockLedger, which there is once somebody leads in the namespace.
func (r *restoring) ask(ctx context.Context, request string) error {
	err := cluster.ErrGone
	for errors.Is(err, cluster.ErrGone) && sleep(ctx, ledgerAgain) {
		_, err = r.reach.AwaitLedger(ctx, r.key, func(l *v1.StockLedger) bool { return l.Status.Journal != nil })
	}
	if errors.Is(err, cluster.ErrNotYet) || ctx.Err() != nil {
		return &codedError{Undecided, fmt.Errorf("nobody leads in namespace %s yet, so nothing is restored: apply a StockItem, and run this again", r.key.Namespace)}
	}
	if err != nil {
		return cluster.Explained(err)
	}
	ledger := &v1.StockLedger{}
	ledger.Namespace, ledger.Name = r.key.Namespace, r.key.Name
	patch := client.RawPatch("application/merge-patch+json", []byte(fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1.RestoreAnnotation, request)))
	return cluster.Explained(r.reach.Patch(ctx, ledger, patch))
}

// ledgerAgain is how often a StockLedger is looked for that is not there yet.
const ledgerAgain = 200 * time.Millisecond

// sleep waits, and tells whether ctx did not end before.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
