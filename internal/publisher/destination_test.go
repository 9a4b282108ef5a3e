package publisher

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// settled waits until nothing more happens for the moment.
func settled() {
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

// The annotation of a Namespace says where its outcomes go, from one event to the next.
func TestTheAnnotationNamesTheSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, answerWith(http.StatusNoContent))
		p, other := newWorld(t).lead(), newWorld(t).lead()
		defer b.attend("shop", p)()
		defer b.attend("other", other)()
		settled()
		var want []string
		for _, step := range []struct {
			annotations []string
			to          string
		}{
			{nil, "sink"},
			{[]string{v1.SinkAnnotation, "http://mine/in"}, "mine"},
			{[]string{v1.SinkAnnotation, "https://yours/"}, "yours"},
			{[]string{"other", "http://mine/in"}, "sink"},
		} {
			b.see("shop", step.annotations...)
			settled()
			p.reserve()
			settled()
			other.reserve()
			settled()
			want = append(want, step.to, "sink")
		}
		var to []string
		for _, a := range b.all(func(attempt) bool { return true }) {
			to = append(to, a.to)
		}
		equalIDs(t, "sent to", to, want)
	})
}

// A value that names no sink is told, and events wait for one that does: none is lost, or
// goes elsewhere.
func TestABadAnnotationIsTold(t *testing.T) {
	for _, value := range []string{"", "nonsense", "ftp://host/", "http://me:secret@ho st/"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, 2, answerWith(http.StatusNoContent))
			p := newWorld(t).lead()
			defer b.attend("shop", p)()
			b.see("shop", v1.SinkAnnotation, value)
			r := p.reserve()
			time.Sleep(time.Hour)
			synctest.Wait()
			c, _ := b.Delivering("shop")
			if c.Status != metav1.ConditionFalse || c.Reason != v1.ReasonSinkInvalid || strings.Contains(c.Message, "secret") {
				t.Errorf("%q: %+v", value, c)
			}
			if len(b.ids()) > 0 || p.marksOf().Published > 0 || !b.Sends("shop") {
				t.Errorf("%q: sent %q, the mark is %d", value, b.ids(), p.marksOf().Published)
			}
			b.see("shop", v1.SinkAnnotation, "http://mine/")
			settled()
			if sent := b.all(func(attempt) bool { return true }); len(sent) != 1 || sent[0].to != "mine" || sent[0].id != eventID(r) {
				t.Errorf("%q: sent %+v", value, sent)
			}
			if c, _ := b.Delivering("shop"); c.Status != metav1.ConditionTrue || p.marksOf().Published != 1 {
				t.Errorf("%q: %+v, the mark is %d", value, c, p.marksOf().Published)
			}
		})
	}
}

// Until the Namespace was seen nobody knows where its outcomes go, and they wait. Where they
// go nowhere they count as delivered, those that are on their way, too.
func TestOutcomesWaitForTheirNamespace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSwitched(answerWith(http.StatusServiceUnavailable))
		b := newBench(t, 1, sink.serve)
		b.with(t, Options{Client: b.objects, Workers: 1, HTTPClient: b.options.HTTPClient})
		b.blind = true
		p := newWorld(t).lead()
		p.reserve()
		defer b.attend("shop", p)()
		time.Sleep(time.Hour)
		synctest.Wait()
		if c, ok := b.Delivering("shop"); ok || p.marksOf().Published > 0 {
			t.Errorf("%+v, the mark is %d", c, p.marksOf().Published)
		}
		b.see("shop", v1.SinkAnnotation, "http://mine/")
		settled()
		if len(b.ids()) == 0 || p.marksOf().Published > 0 {
			t.Errorf("sent %q, the mark is %d", b.ids(), p.marksOf().Published)
		}
		b.see("shop")
		settled()
		sent := len(b.ids())
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(b.ids()) != sent || p.marksOf().Published != 1 || b.Sends("shop") {
			t.Errorf("%d are sent without a sink, the mark is %d", len(b.ids())-sent, p.marksOf().Published)
		}
		if c, ok := b.Delivering("shop"); !ok || c.Type != "" {
			t.Errorf("without a sink: %+v, %t", c, ok)
		}
		sink.set(answerWith(http.StatusNoContent))
		b.see("shop", v1.SinkAnnotation, "http://mine/")
		r := p.reserve()
		settled()
		equalIDs(t, "delivered", b.accepted(), []string{eventID(r)})
	})
}

// A Namespace that is made again under its name has its own annotation.
func TestDestinationsGoWithTheirNamespaces(t *testing.T) {
	b := newBench(t, 1, answerWith(http.StatusNoContent))
	b.see("shop", v1.SinkAnnotation, "http://mine/")
	b.NamespaceGone(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "shop", UID: "another"}})
	if d := b.destination("shop"); d.wait || d.sink == b.sink {
		t.Error("another's end counts")
	}
	b.NamespaceGone(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "shop", UID: "uid"}})
	if d := b.destination("shop"); !d.wait {
		t.Error("the sink of a Namespace that is gone is used")
	}
}
