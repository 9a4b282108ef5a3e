package journal

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// MaxUnpacked is how much memory the records of one page may take. A page is far smaller:
// the bound is for what others have put there.
const MaxUnpacked = 8 << 20

// blobFormat is the first byte of a blob. What follows is one zstd frame of the records,
// each after its length.
const blobFormat = 1

// recordOverhead is what a record costs in memory besides its bytes.
const recordOverhead = 24

// encoder and decoder are shared by all pages: each holds buffers of some hundred KB, and
// one use after the other is enough, since pages are written one after the other. Of records
// that are mostly random identifiers the fastest level makes the smallest pages, too
// (docs/performance-notes.md).
var (
	encoder = must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
		zstd.WithSingleSegment(true)))
	decoder = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecodeAllCapLimit(true)))
)

func must[T any](made T, err error) T {
	if err != nil {
		panic(err) // the options are constants
	}
	return made
}

// BlobError says why a blob holds no records as Pack writes them.
type BlobError struct {
	Reason string
	// Err is what the decompression said, if that is where it failed.
	Err error
}

func (e *BlobError) Error() string {
	if e.Err != nil {
		return e.Reason + ": " + e.Err.Error()
	}
	return e.Reason
}

func (e *BlobError) Unwrap() error { return e.Err }

// Pack makes the blob of records; that of no records is empty.
func Pack(records [][]byte) []byte {
	if len(records) == 0 {
		return nil
	}
	size := 0
	for _, record := range records {
		size += binary.MaxVarintLen32 + len(record)
	}
	plain := make([]byte, 0, size)
	for _, record := range records {
		plain = binary.AppendUvarint(plain, uint64(len(record)))
		plain = append(plain, record...)
	}
	return encoder.EncodeAll(plain, []byte{blobFormat})
}

// Unpack returns the records of a blob, in memory of their own. It takes no more than about
// most bytes for that, whatever the blob says. Every error is a *BlobError.
func Unpack(blob []byte, most int) ([][]byte, error) {
	if len(blob) == 0 {
		return nil, nil
	}
	if blob[0] != blobFormat {
		return nil, &BlobError{Reason: fmt.Sprintf("its records are in format %d, which is not known", blob[0])}
	}
	plain, err := decompress(blob[1:], most)
	if err != nil {
		return nil, err
	}
	return split(plain, most)
}

// decompress returns the content of one frame that says how large it is.
func decompress(frame []byte, most int) ([]byte, error) {
	var header zstd.Header
	switch err := header.Decode(frame); {
	case err != nil:
		return nil, &BlobError{Reason: "its records are not compressed as they should be", Err: err}
	case header.Skippable || !header.HasFCS:
		return nil, &BlobError{Reason: "its records do not say how large they are"}
	case header.FrameContentSize > uint64(most):
		return nil, &BlobError{Reason: fmt.Sprintf("its records are larger than %d bytes", most)}
	}
	plain, err := decoder.DecodeAll(frame, make([]byte, 0, header.FrameContentSize))
	if err == nil && uint64(len(plain)) != header.FrameContentSize {
		err = errors.New("another size than it says")
	}
	if err != nil {
		return nil, &BlobError{Reason: "its records cannot be decompressed", Err: err}
	}
	return plain, nil
}

// split cuts the records apart. It counts them before it makes room for them.
func split(plain []byte, most int) ([][]byte, error) {
	count := 0
	for rest := plain; len(rest) > 0; count++ {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return nil, &BlobError{Reason: fmt.Sprintf("record %d is cut off", count)}
		}
		rest = rest[n+int(size):]
	}
	if len(plain)+count*recordOverhead > most {
		return nil, &BlobError{Reason: fmt.Sprintf("its %d records take more than %d bytes", count, most)}
	}
	records := make([][]byte, 0, count)
	for rest := plain; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		end := n + int(size)
		records = append(records, rest[n:end:end])
		rest = rest[end:]
	}
	return records, nil
}

// unpackedSize is what Unpack would take for records.
func unpackedSize(records [][]byte) int {
	size := 0
	for _, record := range records {
		size += binary.MaxVarintLen64 + len(record) + recordOverhead
	}
	return size
}
