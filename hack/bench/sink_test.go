package main

import (
	"testing"
	"time"
)

// The same event counts once, and senders have counts of their own.
func TestSink(t *testing.T) {
	s := &sink{boxes: map[string]*inbox{}}
	for _, event := range []eventID{{"a", "1"}, {"a", "2"}, {"a", "1"}, {"b", "1"}} {
		s.take("one", event)
	}
	s.take("other", eventID{"a", "1"})
	d, err := s.await(t.Context(), "one", 3, time.Now())
	if err != nil || d.Owed != 3 || d.Delivered != 3 {
		t.Errorf("%+v (%v), want three events", d, err)
	}
	s.empty("one")
	if n, _ := s.delivered("one"); n != 0 {
		t.Errorf("%d events after it was emptied, want 0", n)
	}
	if n, _ := s.delivered("other"); n != 1 {
		t.Errorf("%d events of another sender, want 1", n)
	}
}
