package controllers

import (
	"cmp"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// lastingTrouble is for how long nothing could be stored when that is told.
	lastingTrouble = 2 * time.Second
	// lastingWait is the same for a take-over, which mostly takes less.
	lastingWait = time.Second
)

// ledgerFacts are what a StockLedger shows, as this process knows it at one position.
type ledgerFacts struct {
	namespace string
	leading   bool
	// The figures count where this process leads. lease is the one that its deployment shares.
	leader    string
	lease     string
	position  allocator.Position
	forgotten stock.Time
	totals    v1.LedgerTotals
	// head is the first page that counts, readers are those who want every record, and reports
	// what they say.
	head    uint64
	readers []stock.PageReader
	reports readerReports

	// stage is how far this process is with the journal, and foreign that it has a format
	// that this release does not know.
	stage   string
	foreign bool
	damage  *journal.Damage
	// trouble is why nothing can be stored, and malformed what is wrong with the annotation
	// that asks for a repair.
	trouble, malformed error
	// stocked tells whether all StockItems are taken in, and reading what is in the way.
	stocked bool
	reading error
	// stored and limit are how large the journal is, and may become.
	stored, limit int64
	// waiting says that this process should lead and has not for a while; unsettled that
	// something may have to be told soon, though nothing else happens.
	waiting, unsettled bool

	// heldBack says that nothing is decided before a restore. restored is how that restore
	// stands, if restores; otherwise there is nothing to say of one.
	heldBack bool
	restored restoreNews
	restores bool
	// rival is a process of another deployment that leads here by turns with self, empty where
	// there is none.
	rival, self string

	// auditing says that there are audits, and audited that one has ended.
	auditing, audited bool

	// sent says that it is known how outcomes fare, and delivering how.
	sent       bool
	delivering metav1.Condition

	audit      v1.AuditStatus
	consistent metav1.Condition
}

// ledgerAsks are what the annotations of a StockLedger ask for: what is wrong with a repair, and
// what readers of the journal say.
type ledgerAsks struct {
	repair  error
	readers readerReports
}

// look looks at a namespace.
func (r *StockLedgerReconciler) look(namespace string, runner *allocator.Runner, asked ledgerAsks) ledgerFacts {
	began := time.Now()
	f := ledgerFacts{namespace: namespace, limit: r.Limit, lease: r.Lease, stocked: true, malformed: asked.repair, reports: asked.readers}
	runner.Read(f.read)
	f.rival, f.self = runner.Rival(), runner.Self()
	if r.Stocked != nil {
		f.stocked, f.reading = r.Stocked(namespace)
	}
	if r.Audits != nil {
		f.auditing = true
		f.audit, f.consistent, f.audited = r.Audits.Audit(namespace)
	}
	if r.Restores != nil {
		f.restored, f.restores = r.Restores.news(namespace)
	}
	if r.Deliveries != nil {
		f.delivering, f.sent = r.Deliveries.Delivering(namespace)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	mine := r.shown[namespace]
	if mine == nil {
		return f
	}
	mine.lookAt = time.Now().Add(max(ledgerPace, ledgerRest*time.Since(began)))
	troubled := mine.troubled.lasts(f.trouble != nil, began, lastingTrouble)
	f.waiting = mine.waiting.lasts(!f.leading, began, lastingWait)
	f.unsettled = f.trouble != nil && !troubled || !f.leading && !f.waiting || f.leading && !f.stocked || f.rival != ""
	if !troubled {
		f.trouble = nil
	}
	return f
}

func (f *ledgerFacts) read(s *stock.State, l *journal.Log) {
	f.leading, f.leader, f.position = l.Leading(), l.Leader().Name, allocator.PositionOf(l)
	f.stage, f.foreign, f.damage, f.trouble = l.Stage(), l.Foreign(), l.Damage(), l.Trouble()
	if !f.leading {
		return
	}
	f.heldBack = s.HoldsBack()
	_, f.stored = s.LogBytes()
	f.forgotten, f.totals = s.Marks().Forgotten, totalsOf(s)
	f.head, f.readers = s.Head(), s.PageReaders()
}

// totalsOf are the sums over a namespace. Their cost grows with what is known of it.
func totalsOf(s *stock.State) v1.LedgerTotals {
	sums, marks := s.Totals(), s.Marks()
	totals := v1.LedgerTotals{
		Items: sums.Items, OnHand: sums.OnHand, Reserved: sums.Reserved, Available: sums.Available, Consumed: sums.Consumed,
		WithoutItem: sums.WithoutItem, Remembered: int64(s.Remembered()),
		Undelivered: int64(marks.Outcomes - marks.Published), //nolint:gosec // counts of what one namespace has decided
	}
	for r := range s.Open() {
		totals.Open++
		if unseen(r) {
			totals.Unshown++
		}
	}
	return totals
}

// show makes a status say what is known. What this process cannot know stays as it is, and
// so does the name of the journal.
func (f *ledgerFacts) show(s *v1.StockLedgerStatus, now time.Time) {
	if f.leading {
		s.Leader, s.Lease, s.Position, s.Totals = f.leader, f.lease, f.position.String(), f.totals
		s.RememberedSince = nil
		if f.forgotten != 0 {
			at := metav1.NewTime(time.UnixMicro(int64(f.forgotten)).Truncate(time.Second))
			s.RememberedSince = &at
		}
		f.showReaders(s, now)
	}
	if ready := f.ready(); ready.Reason != v1.ReasonTakingOver || f.waiting {
		setLedgerCondition(&s.Conditions, ready, now)
	}
	if damaged, ok := f.damaged(s.Conditions); ok {
		setLedgerCondition(&s.Conditions, damaged, now)
		meta.RemoveStatusCondition(&s.Conditions, v1.ConditionStalled)
		if damaged.Status == metav1.ConditionTrue {
			damaged.Type = v1.ConditionStalled
			setLedgerCondition(&s.Conditions, damaged, now)
		}
	}
	if f.leading && f.restores {
		setLedgerCondition(&s.Conditions, f.restored.condition, now)
		if f.restored.handled != "" {
			s.Restore = &v1.RestoreStatus{LastHandledRequest: f.restored.handled[:min(len(f.restored.handled), maxRequest)]}
		}
	}
	if contested, ok := f.contested(s.Conditions); ok {
		setLedgerCondition(&s.Conditions, contested, now)
	}
	switch {
	case !f.sent:
	case f.delivering.Type == "":
		meta.RemoveStatusCondition(&s.Conditions, v1.ConditionDelivering)
	default:
		setLedgerCondition(&s.Conditions, f.delivering, now)
	}
	if f.leading && f.audited {
		audit := f.audit
		if s.Audit != nil { // maybe of another process
			audit.LastHandledRequest = cmp.Or(audit.LastHandledRequest, s.Audit.LastHandledRequest)
			audit.LastDifference = cmp.Or(audit.LastDifference, s.Audit.LastDifference)
		}
		s.Audit = &audit
		setLedgerCondition(&s.Conditions, f.consistent, now)
	} else if f.auditing && meta.FindStatusCondition(s.Conditions, v1.ConditionConsistent) == nil {
		setLedgerCondition(&s.Conditions, metav1.Condition{
			Type: v1.ConditionConsistent, Status: metav1.ConditionUnknown, Reason: v1.ReasonNotAudited, Message: "no audit has ended yet",
		}, now)
	}
}

func setLedgerCondition(conditions *[]metav1.Condition, c metav1.Condition, now time.Time) {
	if c.LastTransitionTime.IsZero() {
		c.LastTransitionTime = metav1.NewTime(now.Truncate(time.Second))
	}
	meta.SetStatusCondition(conditions, c)
}

// ready says whether carts are decided, and if not what is to be done.
func (f *ledgerFacts) ready() metav1.Condition {
	no := func(reason, format string, arguments ...any) metav1.Condition {
		return metav1.Condition{
			Type: v1.ConditionLedgerReady, Status: metav1.ConditionFalse, Reason: reason, Message: fmt.Sprintf(format, arguments...),
		}
	}
	switch {
	case f.damage != nil:
		return no(v1.ReasonDamaged, "the journal is damaged and nothing is decided: the condition JournalDamaged says what to do%s", f.repair())
	case f.foreign:
		return no(v1.ReasonUnknownFormat,
			"the journal is written in a format that this release does not know, and nothing is decided: run the release that wrote it, or a later one")
	case f.trouble != nil:
		return no(v1.ReasonUnwritable, "nothing can be stored, and carts wait: %s. %s", f.trouble, remedy(f.trouble))
	case !f.leading:
		return no(v1.ReasonTakingOver, "no process leads yet: the one that should is %s", f.stage)
	case !f.stocked && f.reading != nil:
		return no(v1.ReasonReadingStock, "carts wait until all StockItems are read, which fails and is tried again: %s", f.reading)
	case !f.stocked:
		return no(v1.ReasonReadingStock, "carts wait until all StockItems are read")
	case f.heldBack:
		return no(v1.ReasonAwaitingRestore, "no cart is decided before what was shipped and held elsewhere is restored: the condition Restored says what to do")
	case f.limit > 0 && f.stored >= f.limit:
		return no(v1.ReasonFull,
			"the journal takes %d bytes, as many as --journal-limit allows, and what may be forgotten already is: new carts are turned away. Raise --journal-limit, see that outcomes are delivered (%d are not), or delete Reservations that have ended",
			f.stored, f.totals.Undelivered)
	default:
		return metav1.Condition{
			Type: v1.ConditionLedgerReady, Status: metav1.ConditionTrue, Reason: v1.ReasonLeading, Message: "carts are decided",
		}
	}
}
