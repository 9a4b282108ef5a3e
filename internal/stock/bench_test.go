package stock

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// realistic is a cart as the bridge makes it: ids as good as random, one line.
func realistic(random *rand.Rand) Reserve {
	id := func() ID {
		var value [uuidBytes]byte
		for i := range value {
			value[i] = byte(random.Uint32())
		}
		return uuidID(value[:])
	}
	return Reserve{
		Hold: 15 * minute,
		Wanted: Reservation{
			ID: id(), Outcome: id(), Cart: id(),
			Command: Command{Source: "/shop", ID: id(), Time: start + Time(random.Int64N(int64(minute))), Hash: string(id()[:16])},
			Lines:   []Line{{Product: ID(fmt.Sprintf("sku-%05d", random.IntN(1000))), Quantity: 1 + random.Int64N(3)}},
		},
	}
}

// stocked is a State with a thousand products.
func stocked(b testing.TB) *State {
	s := New()
	var requests []Request
	for i := range 1000 {
		requests = append(requests, PutItem{Item: Item{
			UID: uuidOf(6, i), Name: fmt.Sprintf("item-%d", i), Product: ID(fmt.Sprintf("sku-%05d", i)), Location: "ams",
			Created: start, Generation: 1, Version: uint64(1 + i), Received: 1_000_000,
		}})
	}
	land(b, s, Decide(s, requests, start, 0, generous()), 0)
	return s
}

func land(b testing.TB, s *State, batch Batch, page uint64) {
	b.Helper()
	if err := s.Apply(&Write{Page: page, Head: batch.Head, Marks: batch.Marks, Records: batch.Records, Stored: 1}); err != nil {
		b.Fatal(err)
	}
}

// cpu is the processor time that the process has used: on a machine that others use, the
// time of the clock says little.
func cpu() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkDecide64(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	s := stocked(b)
	requests := make([]Request, 64)
	for i := range requests {
		requests[i] = realistic(random)
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	began := cpu()
	for b.Loop() {
		batch := Decide(s, requests, start, 1, generous())
		if len(batch.Records) != 64 {
			b.Fatalf("%d records", len(batch.Records))
		}
		blob := encoder.EncodeAll(bytes.Join(batch.Records, nil), nil)
		b.ReportMetric(float64(len(blob)), "stored-bytes")
	}
	b.ReportMetric(float64((cpu()-began).Microseconds())/float64(b.N), "cpu-µs/op")
}

// journaled is a journal of so many carts, a third of them released, as compressed pages.
func journaled(b testing.TB, carts int) (pages [][]byte, headers []Write) {
	random := rand.New(rand.NewPCG(3, 4))
	s := stocked(b)
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	now := start
	for page := uint64(1); carts > 0; page++ {
		now += second
		var requests []Request
		for range min(carts, 110) {
			cart := realistic(random)
			requests = append(requests, cart)
			if random.IntN(3) == 0 {
				requests = append(requests, Release{Reservation: cart.Wanted.ID, Reason: "ORDER_CANCELLED"})
			}
		}
		carts -= min(carts, 110)
		requests = append(requests, Publish{Number: 1 << 40})
		batch := Decide(s, requests, now, page, generous())
		land(b, s, batch, page)
		var raw []byte
		for _, record := range batch.Records {
			raw = append(raw, byte(len(record)>>8), byte(len(record)))
			raw = append(raw, record...)
		}
		pages = append(pages, encoder.EncodeAll(raw, nil))
		headers = append(headers, Write{Page: page, Marks: batch.Marks})
	}
	return pages, headers
}

func replay(b testing.TB, s *State, decoder *zstd.Decoder, pages [][]byte, headers []Write) {
	for i, blob := range pages {
		raw, err := decoder.DecodeAll(blob, nil)
		if err != nil {
			b.Fatal(err)
		}
		w := headers[i]
		w.Stored = int64(len(blob))
		for len(raw) > 0 {
			n := int(raw[0])<<8 | int(raw[1])
			w.Records, raw = append(w.Records, raw[2:2+n]), raw[2+n:]
		}
		if err := s.Apply(&w); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReplay100k(b *testing.B) {
	const carts = 100_000
	pages, headers := journaled(b, carts)
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	defer decoder.Close()
	var stored int
	for _, page := range pages {
		stored += len(page)
	}
	b.ReportAllocs()
	began := cpu()
	for b.Loop() {
		s := New()
		replay(b, s, decoder, pages, headers)
		if s.Remembered() != carts {
			b.Fatalf("%d carts", s.Remembered())
		}
	}
	b.ReportMetric(float64((cpu()-began).Milliseconds())/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(stored)/float64(len(pages)), "bytes/page")
	b.ReportMetric(float64(stored)/carts, "bytes/cart")
}

// TestMemory bounds what State takes for a cart, with one line and ids that are UUIDs.
func TestMemory(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("makes 100,000 carts, to measure memory")
	}
	const carts = 100_000
	for name, test := range map[string]struct {
		finished bool
		most     float64
	}{
		"held":     {false, 1024},
		"finished": {true, 256},
	} {
		t.Run(name, func(t *testing.T) {
			s := stocked(t)
			random := rand.New(rand.NewPCG(5, 6))
			before := heap()
			for page := uint64(1); page <= carts/100; page++ {
				requests := []Request{}
				for range 100 {
					cart := realistic(random)
					requests = append(requests, cart)
					if test.finished {
						requests = append(requests, Release{Reservation: cart.Wanted.ID, Reason: "ORDER_CANCELLED"})
					}
				}
				land(t, s, Decide(s, append(requests, Publish{Number: 1 << 40}), start, page, generous()), page)
			}
			each := float64(heap()-before) / carts
			runtime.KeepAlive(s)
			t.Logf("%.0f bytes for each cart that is %s", each, name)
			if s.Remembered() != carts || each > test.most {
				t.Errorf("%d carts take %.0f bytes each, more than %.0f", s.Remembered(), each, test.most)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
