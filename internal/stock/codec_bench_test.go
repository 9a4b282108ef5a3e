package stock

import "testing"

func sample() *Reserved {
	return &Reserved{Reservation{ID: "0a1b2c3d-0000-5000-8000-000000000001", Phase: PhaseReserved, Outcome: "0a1b2c3d-0000-5000-8000-000000000002", Number: 70000, Cart: "0a1b2c3d-0000-5000-8000-000000000003",
		Command: Command{Source: "/shop", ID: "0a1b2c3d-0000-5000-8000-000000000004", Time: 1700000000000000, Hash: "0123456789abcdef"}, Lines: []Line{{"sku-12345", 2}}, Allocations: []Allocation{{"sku-12345", "ams", 2, 0, 0}}, At: 1700000000000000, Expires: 1700000900000000}}
}
func BenchmarkEncode(b *testing.B) {
	r := sample()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Encode(r)
	}
}
func BenchmarkDecode(b *testing.B) {
	e, err := Encode(sample())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(e)), "bytes")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(e); err != nil {
			b.Fatal(err)
		}
	}
}
