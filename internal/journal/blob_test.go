package journal_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/acme/inventory-service/internal/journal"
)

// What is packed is unpacked, for records of all sizes, also by many at once.
func TestPackRoundTrip(t *testing.T) {
	var all sync.WaitGroup
	for seed := range uint64(4) {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 1))
			for range 100 {
				records := someRecords(rng)
				got, err := journal.Unpack(journal.Pack(records), journal.MaxUnpacked)
				if err != nil {
					t.Errorf("unpack %d records: %v", len(records), err)
					return
				}
				if !slices.EqualFunc(records, got, bytes.Equal) {
					t.Errorf("packed and unpacked, %q is %q", records, got)
				}
			}
		})
	}
	all.Wait()
}

func someRecords(rng *rand.Rand) [][]byte {
	var records [][]byte
	for range rng.IntN(50) {
		record := make([]byte, rng.IntN(1<<rng.IntN(11)))
		for i := range record {
			record[i] = "abcdefgh"[rng.IntN(8)]
		}
		records = append(records, record)
	}
	return records
}

// An unpacked record has no room for more: who appends to it does not write into the next.
func TestUnpackedRecordsAreApart(t *testing.T) {
	records, err := journal.Unpack(journal.Pack([][]byte{[]byte("one"), []byte("two")}), journal.MaxUnpacked)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(records[0], "xxxx"...)
	if got := string(records[1]); got != "two" {
		t.Errorf("the second record is %q, want %q", got, "two")
	}
}

// What is not as Pack writes it is a BlobError that says why.
func TestUnpackDamage(t *testing.T) {
	sound := journal.Pack([][]byte{bytes.Repeat([]byte("abc"), 100), []byte("def")})
	var streamed bytes.Buffer
	encoder, err := zstd.NewWriter(&streamed, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := encoder.Write(bytes.Repeat([]byte{0}, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := encoder.Close(); err != nil {
		t.Fatal(err)
	}
	single, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true))
	if err != nil {
		t.Fatal(err)
	}
	frame := func(plain []byte) []byte { return single.EncodeAll(plain, []byte{1}) }
	for name, test := range map[string]struct {
		blob []byte
		want string
	}{
		"another format":   {append([]byte{2}, sound[1:]...), "format 2"},
		"no frame":         {[]byte{1}, "not compressed"},
		"nonsense":         {[]byte("\x01nonsense"), "not compressed"},
		"cut off":          {sound[:len(sound)-1], "cannot be decompressed"},
		"one bit":          {append(bytes.Clone(sound[:len(sound)-1]), sound[len(sound)-1]^1), "cannot be decompressed"},
		"followed":         {append(bytes.Clone(sound), 'x'), "cannot be decompressed"},
		"two frames":       {append(bytes.Clone(sound), sound[1:]...), "cannot be decompressed"},
		"of no size":       {append([]byte{1}, streamed.Bytes()...), "how large"},
		"a record too few": {frame([]byte{5, 'a', 'b'}), "record 0 is cut off"},
		"a long length":    {frame(bytes.Repeat([]byte{0xff}, 11)), "record 0 is cut off"},
		"a huge length":    {frame(binary.AppendUvarint(nil, 1<<63)), "record 0 is cut off"},
		"too large":        {frame(make([]byte, journal.MaxUnpacked+1)), "larger than"},
		"too many":         {frame(make([]byte, journal.MaxUnpacked/2)), "take more than"},
	} {
		t.Run(name, func(t *testing.T) {
			records, err := journal.Unpack(test.blob, journal.MaxUnpacked)
			var damage *journal.BlobError
			if !errors.As(err, &damage) || !strings.Contains(err.Error(), test.want) || records != nil {
				t.Errorf("got %d records and the error %v, want none and a BlobError with %q", len(records), err, test.want)
			}
		})
	}
}

// A blob of some bytes that claims to hold very much makes Unpack take no more than it may.
func TestUnpackIsBounded(t *testing.T) {
	const limit = 1 << 20
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, plain := range map[string][]byte{
		"zeros": make([]byte, 64<<20), "many records": make([]byte, limit-1), "one record": append([]byte{0xff, 0xff, 0x3f}, make([]byte, limit-4)...),
	} {
		blob := encoder.EncodeAll(plain, []byte{1})
		_, _ = journal.Unpack(blob, limit) // buffers that are kept
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = journal.Unpack(blob, limit)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 2*limit {
			t.Errorf("%s: %d bytes of a blob took %d bytes of memory, want at most about %d", name, len(blob), took, limit)
		}
	}
}

// Whatever a blob holds, unpacking it neither panics nor makes more than it may, and what
// comes out of it is packed and unpacked as it is.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add(journal.Pack([][]byte{[]byte("a"), {}, bytes.Repeat([]byte("bc"), 1000)}))
	f.Fuzz(func(t *testing.T, blob []byte) {
		const limit = 1 << 20
		records, err := journal.Unpack(blob, limit)
		if err != nil {
			if damage := (*journal.BlobError)(nil); !errors.As(err, &damage) {
				t.Fatalf("%v is no BlobError", err)
			}
			return
		}
		size := 0
		for _, record := range records {
			size += len(record)
		}
		if size > limit {
			t.Fatalf("the records have %d bytes, more than %d", size, limit)
		}
		again, err := journal.Unpack(journal.Pack(records), 2*limit)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(records, again, bytes.Equal) {
			t.Fatalf("packed again, %q is %q", records, again)
		}
	})
}

func BenchmarkPack(b *testing.B) {
	records := benchRecords()
	b.ReportAllocs()
	for b.Loop() {
		journal.Pack(records)
	}
}

func BenchmarkUnpack(b *testing.B) {
	blob := journal.Pack(benchRecords())
	b.ReportMetric(float64(len(blob)), "blob-bytes")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := journal.Unpack(blob, journal.MaxUnpacked); err != nil {
			b.Fatal(err)
		}
	}
}

// benchRecords are as many as a batch under load has, of the size of a cart's.
func benchRecords() [][]byte {
	rng := rand.New(rand.NewPCG(1, 1))
	var records [][]byte
	for range 64 {
		record := []byte(strings.Repeat("a product and a location, ", 6))
		for range 30 {
			record = append(record, byte(rng.IntN(256)))
		}
		records = append(records, record)
	}
	return records
}
