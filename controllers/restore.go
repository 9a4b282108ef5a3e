package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/restore"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// restoreAgain is how often that is looked at which is awaited.
	restoreAgain = time.Second
	// restoreTimeout bounds how long one restore is waited for. It goes on where it ended.
	restoreTimeout = 2 * time.Minute
)

// Restores has the journal of each namespace take in what ConfigMaps carry from another one, where
// this process leads: once the annotation of the StockLedger asks for it. It also ends the wait
// of a journal that was founded to await that, once the Namespace does not ask for it any more.
type Restores struct {
	// Client reads from the cache, APIReader past it.
	Client, APIReader client.Reader
	// Changed has the StockLedger of a namespace looked at.
	Changed func(namespace string)

	mu    sync.Mutex
	known map[string]*restoring
}

// restoring is how the restore of one namespace stands in this term.
type restoring struct {
	// poked has room for one: there is something to look at.
	poked chan struct{}
	told  bool
	restoreNews
}

// restoreNews is what a StockLedger shows of a restore.
type restoreNews struct {
	condition metav1.Condition
	// handled is the request that is answered, empty while none is.
	handled string
}

// news is what is to be shown; ok is false where that is nothing.
func (r *Restores) news(namespace string) (n restoreNews, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.known[namespace]; k != nil {
		return k.restoreNews, k.told
	}
	return n, false
}

// look has a namespace looked at. It does not block.
func (r *Restores) look(namespace string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.known[namespace]; k != nil {
		select {
		case k.poked <- struct{}{}:
		default: // it is told already
		}
	}
}

// +kubebuilder:rbac:groups="",resources=configmaps,resourceNames=inventory-restore-0;inventory-restore-1;inventory-restore-2;inventory-restore-3;inventory-restore-4;inventory-restore-5;inventory-restore-6;inventory-restore-7;inventory-restore-8;inventory-restore-9;inventory-restore-10;inventory-restore-11;inventory-restore-12;inventory-restore-13;inventory-restore-14;inventory-restore-15,verbs=get

// Attend looks after the restore of a namespace in each term of this process.
func (r *Restores) Attend(ctx context.Context, namespace string, runner *allocator.Runner) {
	runner.Terms(ctx, func(ctx context.Context, _ uint64) {
		mine := &restoring{poked: make(chan struct{}, 1)}
		r.mu.Lock()
		if r.known == nil {
			r.known = map[string]*restoring{}
		}
		r.known[namespace] = mine
		r.mu.Unlock()
		defer r.forget(namespace, mine)
		t := restoreTerm{Restores: r, namespace: namespace, runner: runner, mine: mine}
		for ctx.Err() == nil {
			again := make(<-chan time.Time)
			if t.settle(ctx) {
				again = time.After(restoreAgain)
			}
			select {
			case <-mine.poked:
			case <-again:
			case <-ctx.Done():
			}
		}
	})
}

func (r *Restores) forget(namespace string, mine *restoring) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[namespace] == mine {
		delete(r.known, namespace)
	}
}

// restoreTerm is one term of one namespace.
type restoreTerm struct {
	*Restores
	namespace string
	runner    *allocator.Runner
	mine      *restoring
	// read says that the Namespace was read in this term.
	read bool
}

// tell has a condition shown, and that a request is answered.
func (t *restoreTerm) tell(status metav1.ConditionStatus, reason, handled, format string, arguments ...any) {
	n := restoreNews{handled: handled, condition: metav1.Condition{
		Type: v1.ConditionRestored, Status: status, Reason: reason, Message: fmt.Sprintf(format, arguments...),
	}}
	t.mu.Lock()
	same := t.mine.told && t.mine.restoreNews == n
	t.mine.told, t.mine.restoreNews = true, n
	t.mu.Unlock()
	if !same {
		t.Changed(t.namespace)
	}
}

// settle does what is to be done now, and tells whether to look again without being asked.
func (t *restoreTerm) settle(ctx context.Context) (again bool) {
	ctx, cancel := context.WithTimeout(ctx, restoreTimeout)
	defer cancel()
	known, of := t.restoration()
	var ledger v1.StockLedger
	err := t.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: v1.LedgerName}, &ledger)
	if client.IgnoreNotFound(err) != nil {
		return true
	}
	request := ledger.Annotations[v1.RestoreAnnotation]
	digest, _, _ := strings.Cut(request, "/")
	handled := ledger.Status.Restore != nil && ledger.Status.Restore.LastHandledRequest == request[:min(len(request), maxRequest)]
	switch {
	case known.Stage == stock.RestoreDone && digest == known.Digest:
		t.tell(metav1.ConditionTrue, v1.ReasonRestored, request, "what journal %s knew is here (%.12s)", known.From, known.Digest)
		return false
	case request != "" && !handled:
		return t.restore(ctx, known, digest, request)
	case known.Stage == stock.RestoreAwaited:
		return t.await(ctx, of, request != "")
	case known.Stage == stock.RestoreBegun:
		t.tell(metav1.ConditionFalse, v1.ReasonRestoring, "", "a restore of %.12s is only half here, and no cart is decided: run kubectl inventory restore again with the same file", known.Digest)
		return true
	case known.Stage == stock.RestoreWaived:
		t.tellWaived()
		return false
	default:
		return t.tooLate(ctx, known)
	}
}

// restoration is how far the journal is with a restore, and the Namespace that it was founded in.
func (t *restoreTerm) restoration() (known stock.RestoreRecord, of journal.Identity) {
	t.runner.Read(func(s *stock.State, l *journal.Log) { known, of = s.Restoration(), l.Identity() })
	return known, of
}

// await ends the wait for a restore if the Namespace, read past the caches, asks for none. Where a
// file was refused, that stays told.
func (t *restoreTerm) await(ctx context.Context, of journal.Identity, refused bool) (again bool) {
	namespace := namespaces.Kind()
	err := t.APIReader.Get(ctx, client.ObjectKey{Name: t.namespace}, namespace)
	if err == nil && string(namespace.UID) == of.Namespace && !v1.AwaitsRestore(namespace.Annotations) {
		answer, err := ask(ctx, t.runner, stock.WaiveRestore{})
		if err == nil && answer.Verdict == stock.Done {
			t.tellWaived()
			return false
		}
		return true
	}
	if refused {
		return true
	}
	t.tell(metav1.ConditionFalse, v1.ReasonAwaitingRestore, "",
		"no cart is decided before what was shipped and held elsewhere is here, as the annotation %s of the Namespace asks: run kubectl inventory restore FILE, or remove the annotation if there is nothing to restore",
		v1.AwaitRestoreAnnotation)
	return true
}

func (t *restoreTerm) tellWaived() {
	t.tell(metav1.ConditionFalse, v1.ReasonRestoreWaived, "", "nothing was restored: the annotation %s was removed before", v1.AwaitRestoreAnnotation)
}

// tooLate says that an annotation holds nothing back, since the journal was there before it.
func (t *restoreTerm) tooLate(ctx context.Context, known stock.RestoreRecord) (again bool) {
	if t.read || known.Stage != 0 {
		return false
	}
	namespace := namespaces.Kind()
	if err := t.APIReader.Get(ctx, client.ObjectKey{Name: t.namespace}, namespace); err != nil {
		return true
	}
	t.read = true
	if v1.AwaitsRestore(namespace.Annotations) {
		t.tell(metav1.ConditionFalse, v1.ReasonRestoreTooLate, "",
			"the annotation %s of the Namespace holds nothing back: the journal was founded before it was set. kubectl inventory restore takes a file in where nothing was shipped here yet",
			v1.AwaitRestoreAnnotation)
	}
	return false
}

// restore has the journal take in the file of a digest.
func (t *restoreTerm) restore(ctx context.Context, known stock.RestoreRecord, digest, request string) (again bool) {
	file, err := restore.Assemble(digest, func(name string) (*corev1.ConfigMap, error) { return t.part(ctx, name) })
	switch incomplete := (*restore.IncompleteError)(nil); {
	case errors.As(err, &incomplete):
		t.tell(metav1.ConditionFalse, v1.ReasonRestoreIncomplete, "", "%s", err)
		return true
	case errors.Is(err, restore.ErrChanged):
		t.refuse(known, request, "the ConfigMaps inventory-restore-*: %s. Run kubectl inventory restore again", err)
		return false
	case err != nil:
		t.tell(metav1.ConditionFalse, v1.ReasonRestoreIncomplete, "", "the ConfigMaps cannot be read, which is tried again: %s", err)
		return true
	}
	wanted, err := file.Request()
	if err != nil {
		t.refuse(known, request, "%s", err)
		return false
	}
	t.tell(metav1.ConditionFalse, v1.ReasonRestoring, "", "%d totals and %d reservations of namespace %s are taken in", len(file.Totals), len(file.Reservations), file.Namespace)
	answer, err := t.runner.Ask(ctx, wanted)
	switch {
	case err != nil:
		log.FromContext(ctx).Error(err, "a restore is not here yet: trying again", "namespace", t.namespace)
		return true
	case answer.Verdict == stock.Done, answer.Verdict == stock.Repeated:
		return true // the next look tells
	case answer.Verdict == stock.Differing:
		t.refuse(known, request, "nothing was taken in, since the journal says otherwise: %s", strings.Join(answer.Differences, "; "))
	case answer.Verdict == stock.TooLarge:
		t.refuse(known, request, "a reservation of the file is too large for this journal")
	default: // Full
		t.tell(metav1.ConditionFalse, v1.ReasonRestoreIncomplete, "", "the journal is full: raise --journal-limit. It is tried again")
		return true
	}
	return false
}

// refuse says why a file is not taken in. Where a restore is awaited, or another one half here, it
// still is.
func (t *restoreTerm) refuse(known stock.RestoreRecord, request, format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	if known.Stage == stock.RestoreAwaited || known.Stage == stock.RestoreBegun {
		text += ". Carts still wait for a restore"
	}
	t.tell(metav1.ConditionFalse, v1.ReasonRestoreRefused, request, "%s", text)
}

// part reads one ConfigMap past the caches, nil where there is none.
func (t *restoreTerm) part(ctx context.Context, name string) (*corev1.ConfigMap, error) {
	part := &corev1.ConfigMap{}
	err := t.APIReader.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: name}, part)
	if apierrors.IsNotFound(err) {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	return part, err
}
