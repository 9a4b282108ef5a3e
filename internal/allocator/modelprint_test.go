package allocator

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// A fingerprint tells states of the model apart. What only grows, and means
// nothing but its order or its being the same, is renamed, so that the space of
// states closes: resourceVersions within their kind, tokens and times of
// decision become their ranks among those that the state mentions. Equal
// fingerprints thus mean states that are the same up to an order-preserving
// renaming, which Step cannot tell apart, since it only compares.
//
// Left out is what Step writes and never reads again (times of conditions, the
// number of losses, which only sets a delay, and delays are arbitrary here).
type fingerprint [2]uint64

// bank is a set of numbers that are renamed together: one for each kind's
// versions, one for each process's tokens, one for times.
type bank uint8

const (
	bankTokens = bank(kinds) // and the following one
	bankTimes  = bankTokens + 2
	banks      = bankTimes + 1
)

type ref struct {
	bank  bank
	value uint8
}

// imprint is the part of a fingerprint that one component of a state
// contributes: a hash with holes, and what is in the holes.
type imprint struct {
	hash fingerprint
	refs []ref
}

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// printer encodes a component.
type printer struct {
	buf  []byte
	refs []ref
}

func (e *printer) done() imprint {
	return imprint{hash: hashOf(e.buf), refs: e.refs}
}

func hashOf(buf []byte) fingerprint {
	return fingerprint{maphash.Bytes(seeds[0], buf), maphash.Bytes(seeds[1], buf)}
}

func (e *printer) num(n int64) { e.buf = binary.AppendVarint(e.buf, n) }

func (e *printer) str(s string) { e.num(int64(len(s))); e.buf = append(e.buf, s...) }

func (e *printer) add(p imprint) { e.hash(p.hash); e.refs = append(e.refs, p.refs...) }

func (e *printer) flag(b bool) {
	if b {
		e.buf = append(e.buf, 1)
		return
	}
	e.buf = append(e.buf, 0)
}

func (e *printer) hash(h fingerprint) {
	e.buf = binary.LittleEndian.AppendUint64(e.buf, h[0])
	e.buf = binary.LittleEndian.AppendUint64(e.buf, h[1])
}

func (e *printer) ref(b bank, value uint64) {
	if value > 255 {
		panic("model check: more versions than a fingerprint can rename")
	}
	e.refs = append(e.refs, ref{b, uint8(value)})
}

// ver is a resourceVersion; 0 is older than all others and keeps its name.
func (e *printer) ver(kind modelKind, version uint64) { e.ref(bank(kind), version) }

// token is that of a ledger write: who sent it, and in which life, and how many
// it had sent before. Its digest follows from what was written, but where
// somebody edited that, which newObject says.
func (e *printer) token(token string) {
	parts := strings.Split(token, "/")
	if len(parts) != 3 {
		e.str(token)
		return
	}
	n, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil || len(parts[0]) < 2 || n > 31 {
		e.str(token)
		return
	}
	e.num(1)
	process, life := uint64(parts[0][0]-'a'), uint64(parts[0][1]-'0')
	e.ref(bankTokens+bank(process&1), life<<5+n)
}

// lateBy is how far the clock of a process jumps when holds run out.
const lateBy = 2 * time.Hour

// stamp is the time of a decision.
func (e *printer) stamp(at time.Time) {
	since := at.Sub(modelEpoch)
	late := since >= lateBy
	if late {
		since -= lateBy
	}
	e.flag(late)
	e.ref(bankTimes, uint64(since/(250*time.Millisecond))+1)
}

// rename puts ranks into the holes of a component list and hashes it all.
func rename(buf []byte, refs []ref) fingerprint {
	var masks [banks][4]uint64
	for _, r := range refs {
		masks[r.bank][r.value>>6] |= 1 << (r.value & 63)
	}
	for b := range masks {
		masks[b][0] |= 1 // 0 keeps its name
	}
	for _, r := range refs {
		m := &masks[r.bank]
		rank := bits.OnesCount64(m[r.value>>6] & (1<<(r.value&63) - 1))
		for word := range r.value >> 6 {
			rank += bits.OnesCount64(m[word])
		}
		buf = append(buf, byte(rank))
	}
	return hashOf(buf)
}
