package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"github.com/acme/inventory-service/api/events"
)

// pageCoding is how large a batch of decided carts is on a page.
type pageCoding struct {
	Coding string `json:"coding"`
	Carts  int    `json:"carts"`
	Lines  int    `json:"lines"` // of each cart
	Bytes  int    `json:"bytes"`
	Base64 int    `json:"base64_bytes"` // as the API server gets it
	// Encode and Decode are in microseconds for the batch, its JSON not counted.
	Encode float64 `json:"encode_us"`
	Decode float64 `json:"decode_us"`
}

// batchCarts is how many carts a batch has: as many as clients wait in most cells.
const batchCarts = 64

// batchRecord is what a journal has to say of a reserved cart.
type batchRecord struct {
	Kind       string        `json:"kind"`
	UID        string        `json:"uid"`
	Name       string        `json:"name"`
	Cart       string        `json:"cart"`
	Items      []events.Item `json:"items"`
	Taken      []batchTaken  `json:"taken"`
	Source     string        `json:"source"`
	ID         string        `json:"id"`
	Hash       string        `json:"hash"`
	ReservedAt time.Time     `json:"reservedAt"`
	ExpiresAt  time.Time     `json:"expiresAt"`
}

type batchTaken struct {
	Location string `json:"location"`
	Product  string `json:"product"`
	Units    int64  `json:"units"`
}

// codeBatches codes a batch of carts with one line and one of carts with five.
func codeBatches() (all []pageCoding, err error) {
	for _, w := range []workload{hot, wide} {
		raw, err := json.Marshal(batchOf(w))
		if err != nil {
			return nil, err
		}
		all = append(all, pageCoding{Coding: "json", Carts: batchCarts, Lines: w.perCart, Bytes: len(raw), Base64: base64.StdEncoding.EncodedLen(len(raw))})
		for _, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedDefault} {
			c, err := codeZstd(raw, level)
			if err != nil {
				return nil, err
			}
			c.Carts, c.Lines = batchCarts, w.perCart
			all = append(all, c)
		}
	}
	return all, nil
}

func batchOf(w workload) (batch []batchRecord) {
	carts, now := w.carts(1), time.Now().UTC().Truncate(time.Microsecond)
	for i := range batchCarts {
		items := carts.next()
		id, at := uuid.NewString(), now.Add(time.Duration(i)*time.Microsecond)
		r := batchRecord{
			Kind: "reserved", UID: uuid.NewString(), Name: uuid.NewString(), Cart: id, Items: lines(items),
			Source: commandSource, ID: id, Hash: newCommand(id, items).Hash(),
			ReservedAt: at, ExpiresAt: at.Add(15 * time.Minute).Truncate(time.Second),
		}
		for _, item := range items {
			r.Taken = append(r.Taken, batchTaken{Location: location, Product: item.ProductID, Units: item.Quantity})
		}
		batch = append(batch, r)
	}
	return batch
}

func codeZstd(raw []byte, level zstd.EncoderLevel) (c pageCoding, err error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return c, err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return c, err
	}
	defer decoder.Close()
	coded := encoder.EncodeAll(raw, nil)
	back, err := decoder.DecodeAll(coded, nil)
	if err != nil {
		return c, err
	}
	if !bytes.Equal(back, raw) {
		return c, errors.New("what zstd decodes is not what it has coded")
	}
	const times = 200
	microseconds := func(do func()) float64 {
		began := time.Now()
		for range times {
			do()
		}
		return float64(time.Since(began)) / float64(time.Microsecond) / times
	}
	room := make([]byte, 0, len(raw))
	return pageCoding{
		Coding: "zstd " + level.String(), Bytes: len(coded), Base64: base64.StdEncoding.EncodedLen(len(coded)),
		Encode: microseconds(func() { room = encoder.EncodeAll(raw, room[:0]) }),
		Decode: microseconds(func() { back, _ = decoder.DecodeAll(coded, back[:0]) }),
	}, nil
}
