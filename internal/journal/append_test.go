package journal_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
)

// Appends stay within the bandwidth, but for what a second of rest has saved up.
func TestPace(t *testing.T) {
	d := drive(t, journaltest.NewServer(), "p1", func(c *journal.Config) { c.Bandwidth, c.Fill = 1000, 10 })
	d.lead()
	d.follow()
	sent, from := 0, d.now
	record := string(make([]byte, 100))
	for range 50 {
		for d.Turn(d.now) == journal.Idle {
			d.pass()
		}
		d.append(record)
		d.follow()
		sent += len(record)
	}
	if took := d.now.Sub(from); took < 3900*time.Millisecond || took > 4200*time.Millisecond {
		t.Errorf("%d bytes in %s, want about 4 s at 1,000 a second", sent, took)
	}
}

// Where no free page is there yet, the page grows, up to its bound, and then waits.
func TestCrowded(t *testing.T) {
	server := journaltest.NewServer()
	d := drive(t, server, "p1").lead()
	server.Namespace.Terminating = true // no page can be made
	for name, p := range server.Pages {
		if p.Blank() {
			server.Delete(name)
		}
	}
	d.follow()
	appended := 0
	for d.Turn(d.now) == journal.Open {
		d.append("ten bytes.")
		appended += 10
		d.follow()
	}
	if page := d.Position().Page; appended < 50 || appended > 70 || page != 1 {
		t.Fatalf("%d bytes on page %d", appended, page)
	}
	server.Namespace.Terminating = false
	for range 20 {
		d.pass()
		d.follow()
		d.tell(journal.Woken{})
	}
	if d.Turn(d.now) != journal.Open {
		t.Errorf("%s, and still nothing can be appended: %v", d.Stage(), server.Pages)
	}
}

// Bytes that are refused for good are given back to whoever sent them; others follow over
// the same version.
func TestRejected(t *testing.T) {
	server := journaltest.NewServer()
	d := drive(t, server, "p1").lead()
	server.Reject = func(p *journal.Page) error {
		if string(p.Records[len(p.Records)-1]) == "poison" {
			return errors.New("too large")
		}
		return nil
	}
	d.notices = nil
	d.append("poison")
	if _, ok := d.notices[0].(journal.Refused); !ok || !d.Leading() {
		t.Fatalf("%s, %+v", d.Stage(), d.notices)
	}
	d.append("harmless")
	if last := d.records[len(d.records)-1]; last != "harmless" || len(d.records) != 2 {
		t.Errorf("%q", d.records)
	}
}

// A release that does not know the format of a page neither leads nor follows.
func TestForeignFormat(t *testing.T) {
	d := filled(t)
	for _, p := range d.server.Pages {
		if p.Number == 4 {
			later := *p
			later.Header.Format = journal.Format + 1
			d.server.Edit(p.Name, func(p *journal.Page) { *p = later })
			break
		}
	}
	d.follow()
	if !d.Foreign() || d.Turn(d.now) != journal.Idle || d.Damage() != nil {
		t.Errorf("%s, turn %d, damage %+v", d.Stage(), d.Turn(d.now), d.Damage())
	}
	if fresh := drive(t, d.server, "p2"); !fresh.Foreign() {
		t.Errorf("a process that starts now is %s", fresh.Stage())
	}
	d.slow = true
	d.pass()
	if d.Stage() != "reading" || !d.Foreign() {
		t.Errorf("while it looks again it is %s, and the format is unknown: %v", d.Stage(), d.Foreign())
	}
	for _, p := range d.server.Pages {
		if p.Header.Format > journal.Format {
			d.server.Edit(p.Name, func(p *journal.Page) { p.Header.Format = journal.Format })
		}
	}
	d.slow = false
	d.pass()
	if d.Foreign() {
		t.Errorf("in a format that it knows the journal is %s, and the format is unknown", d.Stage())
	}
}

// Where no page can be made it is told why: of a journal that cannot be begun, and of one whose last
// page is full; not of one that has room.
func TestNoPageCanBeMade(t *testing.T) {
	refusal := errors.New("exceeded quota: few")
	server := journaltest.NewServer()
	quota := func(p *journal.Page) error {
		if p.Token == "" {
			return refusal
		}
		return nil
	}
	server.Deny = quota
	d := drive(t, server, "p1")
	d.tell(journal.Elected{})
	if !errors.Is(d.Trouble(), refusal) || len(server.Pages) != 0 {
		t.Fatalf("trouble %v with %d pages", d.Trouble(), len(server.Pages))
	}
	server.Deny = nil
	for d.Turn(d.now) != journal.Claim {
		d.pass()
	}
	server.Deny = quota // for the next page
	d.append("term")
	for d.Turn(d.now) != journal.Idle {
		if d.Trouble() != nil {
			t.Fatalf("trouble %v while there is room", d.Trouble())
		}
		d.append("more")
	}
	d.pass() // it tries again
	d.perform(d.Prove())
	if !d.Leading() || !errors.Is(d.Trouble(), refusal) {
		t.Errorf("%s with a full page and none to go on: trouble %v", d.Stage(), d.Trouble())
	}
	server.Deny = nil
	for d.Turn(d.now) == journal.Idle {
		d.pass()
	}
	if d.append("at last"); d.Trouble() != nil || d.records[len(d.records)-1] != "at last" {
		t.Errorf("trouble %v, the journal %q", d.Trouble(), d.records)
	}
}

// A process that was not elected appends nothing, and one that is deposed ends its term.
func TestUnelected(t *testing.T) {
	server := journaltest.NewServer()
	d := drive(t, server, "p1")
	if d.Turn(d.now) != journal.Idle || len(server.Pages) != 0 {
		t.Fatalf("%s with %d pages", d.Stage(), len(server.Pages))
	}
	d.lead()
	standby := drive(t, server, "p2")
	if !standby.Following() || standby.Turn(standby.now) != journal.Idle {
		t.Errorf("the standby is %s", standby.Stage())
	}
	d.tell(journal.Deposed{})
	if d.Leading() || d.Turn(d.now) != journal.Idle {
		t.Errorf("deposed, and still %s", d.Stage())
	}
}

// Surplus free pages are emptied and keep their number.
func TestEmptying(t *testing.T) {
	d := drive(t, journaltest.NewServer(), "p1", func(c *journal.Config) { c.Spare = 1 }).lead()
	for d.Position().Page < 6 {
		d.append("record of some length")
		d.follow()
	}
	d.appendFrom(6, "record of some length")
	for range 5 {
		d.follow()
		d.tell(journal.Woken{})
	}
	emptied := 0
	for _, p := range d.server.Pages {
		if p.Emptied {
			emptied++
			if p.Number == 0 || len(p.Records) > 0 {
				t.Errorf("%+v", p)
			}
		}
	}
	if emptied < 2 {
		t.Errorf("%d pages were emptied", emptied)
	}
}

// A page is written in the format that what stands on it takes, and the next page no longer.
func TestFormatOfPages(t *testing.T) {
	d := drive(t, journaltest.NewServer(), "p1", func(c *journal.Config) { c.WriteFormat = journal.OldestFormat }).lead()
	format := func() int {
		newest := &journal.Page{}
		for _, p := range d.server.Pages {
			if p.Number > newest.Number {
				newest = p
			}
		}
		return newest.Header.Format
	}
	got := []int{format()}
	write := func(format int) {
		d.perform(d.Append(journal.Batch{Records: [][]byte{[]byte("record")}, Format: format, Head: 1}))
		d.follow()
	}
	write(journal.Format)
	got = append(got, format())
	write(journal.OldestFormat)
	got = append(got, format())
	for page := d.NextPage(); d.NextPage() == page; {
		d.append("record of some length")
		d.follow()
	}
	d.append("one more")
	got = append(got, format())
	want := []int{journal.OldestFormat, journal.Format, journal.Format, journal.OldestFormat}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("formats after a term, a record of the newest, another on its page, and one on the next page (-want +got):\n%s", diff)
	}
}
