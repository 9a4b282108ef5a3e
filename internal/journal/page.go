package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
)

// Format is the newest coding of headers and records that this release reads, and
// OldestFormat the oldest. A process that meets another one neither leads nor answers. What
// each format may say is told where records are coded (stock.FormatOf).
const (
	Format       = 2
	OldestFormat = 1
)

// Identity names one journal for ever: by the uid that the API server gave the page on
// which it was founded, and by that of its namespace.
type Identity struct {
	Journal   string `json:"uid"`
	Namespace string `json:"namespace"`
}

// Ref names one object, whatever else gets its name.
type Ref struct {
	Name string `json:"name"`
	UID  string `json:"uid"`
}

// Leader is the process that made a write, and how its standbys reach it.
type Leader struct {
	Name string `json:"name"`
	// URL is where it takes forwarded commands; Key is the hash of the key by which it is
	// known there.
	URL string `json:"url,omitempty"`
	Key string `json:"key,omitempty"`
}

// Header is what each write states about the whole journal. Format, Journal and Leader
// keep one coding for ever, so that a process can forward to a leader of a later release.
type Header struct {
	Journal Identity `json:"journal"`
	Format  int      `json:"format"`
	Leader  Leader   `json:"leader"`
	// Head is the number of the first page that counts.
	Head uint64 `json:"head"`
	// First is how many records the journal has had before this page.
	First uint64 `json:"first"`
	// Before is the chain digest at the end of the page before, and Digest that of this
	// page: its records and the rest of the header.
	Before string `json:"before"`
	Digest string `json:"digest,omitempty"`
	// Next is where the journal goes on; nil while that is this page.
	Next *Ref `json:"next,omitempty"`
	// Origin is nil in a journal that replaces no other.
	Origin *Origin `json:"origin,omitempty"`
	// Marks belong to whoever keeps the records.
	Marks json.RawMessage `json:"marks,omitempty"`
}

// Origin says that a journal replaces a damaged one, and how far that has come.
type Origin struct {
	// Replaces is the uid of the damaged journal.
	Replaces string `json:"replaces"`
	// Complete says that everything was restated. Named says that the StockLedger was seen
	// to name this journal alone: before that nothing is decided in it.
	Complete bool `json:"complete,omitempty"`
	Named    bool `json:"named,omitempty"`
}

// complete tells whether nothing has to be restated any more, and sure whether the
// journal may be decided in without a look at the StockLedger.
func (h *Header) complete() bool { return h.Origin == nil || h.Origin.Complete }
func (h *Header) sure() bool     { return h.Origin == nil || h.Origin.Named }

// replaces is the uid of the journal that this one replaces, empty if it replaces none.
func (h *Header) replaces() string {
	if h.Origin == nil {
		return ""
	}
	return h.Origin.Replaces
}

// Page is one JournalPage as it is stored at a version.
type Page struct {
	Ref
	Version uint64
	// Number is 0 on a page that was never written: it is blank.
	Number uint64
	// Emptied says that the content was taken off: of a free page, or of an edited one on which
	// the journal must not go on.
	Emptied bool
	Header  Header
	Records [][]byte
	// Blob holds the records as they are stored.
	Blob []byte
	// Token names the write that made this version, and Over the one that it replaced.
	Token, Over string
	// Broken says why this is not a page as an operator writes it; empty where it is.
	Broken string
}

// Blank tells whether the page was never written.
func (p *Page) Blank() bool { return p.Number == 0 && p.Broken == "" }

// Written tells whether the page holds a part of a journal.
func (p *Page) Written() bool { return p.Number > 0 && !p.Emptied }

// chain is the running digest over all records of a journal.
type chain [sha256.Size]byte

// with returns the digest after one more record.
func (c chain) with(record []byte) chain {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(record)))
	h := sha256.New()
	h.Write(c[:])
	h.Write(size[:])
	h.Write(record)
	return chain(h.Sum(nil))
}

func (c chain) over(records [][]byte) chain {
	for _, record := range records {
		c = c.with(record)
	}
	return c
}

func (c chain) String() string { return hex.EncodeToString(c[:]) }

// parseChain reads what String wrote; false where it is something else.
func parseChain(text string) (c chain, ok bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(c) {
		return c, false
	}
	return chain(b), true
}

// digest returns what the header has to say, given its other fields and the records,
// and the chain digest after them; false where the header names no page before. It covers the object's
// uid as well, so that a page which was deleted and made again from a copy is told apart.
// It tells an edit from a write of the operator; it is no defence against somebody who
// computes it.
func (p *Page) digest() (string, chain, bool) {
	before, ok := parseChain(p.Header.Before)
	if !ok {
		return "", chain{}, false
	}
	end := before.over(p.Records)
	header := p.Header
	header.Digest = ""
	text, err := json.Marshal(header)
	if err != nil {
		return "", chain{}, false
	}
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], p.Number)
	return end.with(text).with(number[:]).with([]byte(p.UID)).String(), end, true
}

// check returns why a written page is not sound, empty if it is.
func (p *Page) check() string {
	switch digest, _, ok := p.digest(); {
	case p.Broken != "":
		return p.Broken
	case !ok:
		return "its header names no digest of the page before"
	case digest != p.Header.Digest:
		return "its records or its header do not fit its digest"
	case p.Header.Head == 0 || p.Header.Head > p.Number:
		return "its header names no head"
	default:
		return ""
	}
}

// DigestAfter returns the chain digest of a journal after records which follow a place that has the
// given digest. It recomputes Position.Digest. ok is false if digest is not 64 hexadecimal digits.
func DigestAfter(digest string, records [][]byte) (string, bool) {
	before, ok := parseChain(digest)
	return before.over(records).String(), ok
}

// Position is a place in a journal: after so many records of a page.
type Position struct {
	Page   uint64
	Index  int
	Digest string
}
