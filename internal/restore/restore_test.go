package restore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/acme/inventory-service/internal/stock"
)

// everything is a reservation all of whose fields say something.
func everything() stock.Reservation {
	return stock.Reservation{
		ID: "id", Phase: stock.PhaseConsumed, Outcome: "o", Number: 1, Cart: "c", Customer: "cu", Order: "or", LaterOrder: "lo",
		Command:     stock.Command{Source: "/s", ID: "cid", Time: 1e15 + 1, Hash: "h", Given: true},
		Object:      stock.Object{Name: "n"},
		Lines:       []stock.Line{{Product: "p", Quantity: 3}},
		Allocations: []stock.Allocation{{Product: "p", Location: "l", Quantity: 3, Consumed: 2, Released: 1}},
		Short:       []stock.Shortage{{Product: "p", Requested: 3, Available: 1}},
		At:          1e15 + 2, Expires: 1e15 + 3, Ended: 1e15 + 4, Reason: "r", Actor: "a", Extensions: map[string]string{"e": "x"},
		Replaces: "re", ReplacedBy: "rb", FirstExpires: 1e15 + 5, ReleasedBy: "rel", ConsumedBy: "con",
	}
}

// No field of a reservation is left behind but what the cluster gave its object.
func TestCartCarriesEverything(t *testing.T) {
	r := everything()
	for i := range reflect.TypeOf(r).NumField() {
		if reflect.ValueOf(r).Field(i).IsZero() {
			t.Fatalf("the test leaves out %s", reflect.TypeOf(r).Field(i).Name)
		}
	}
	ofCommand, ofObject := r, r
	ofCommand.Object, ofObject.Command = stock.Object{}, stock.Command{}
	for _, want := range []stock.Reservation{ofCommand, ofObject} {
		c := cartOf(&want, true)
		got, err := c.reservation()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("carried (-want +got):\n%s", diff)
		}
	}
}

// aFile has so many reservations that do not pack well.
func aFile(n int) *File {
	random := rand.New(rand.NewPCG(1, 1))
	f := &File{APIVersion: APIVersion, Kind: Kind, Namespace: "shop", Journal: Journal{UID: "j"}, Totals: []Total{{"p", "l", 3}}}
	for i := range n {
		r := everything()
		r.ID, r.Command.Hash = stock.ID(fmt.Sprint(i)), fmt.Sprintf("%x%x%x%x%x%x%x%x", random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64())
		r.Command.Given = false
		f.Reservations = append(f.Reservations, cartOf(&r, false))
	}
	f.Digest = f.digest()
	return f
}

func TestFile(t *testing.T) {
	f := aFile(2)
	text, err := yaml.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	later := *f
	later.ExportedAt.Time = later.ExportedAt.Add(time.Hour)
	if later.digest() != f.Digest {
		t.Error("the same exported later has another digest")
	}
	for name, edit := range map[string]func(*File){
		"a total":    func(f *File) { f.Totals[0].Consumed-- },
		"a cart":     func(f *File) { f.Reservations[0].CartID = "x" },
		"less":       func(f *File) { f.Reservations = f.Reservations[:1] },
		"its digest": func(f *File) { f.Digest = "x" },
	} {
		edited, _ := Parse(text)
		edit(edited)
		text, _ := yaml.Marshal(edited)
		if _, err := Parse(text); !errors.Is(err, ErrChanged) {
			t.Errorf("%s edited: %v", name, err)
		}
	}
	if _, err := Parse([]byte("kind: List\napiVersion: v1\n")); err == nil {
		t.Error("another kind is taken")
	}
}

// A file takes several ConfigMaps, which count only all together and unchanged.
func TestParts(t *testing.T) {
	f := aFile(20_000)
	parts, err := f.Parts("shop")
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) < 2 {
		t.Fatalf("%d parts", len(parts))
	}
	there := map[string]*corev1.ConfigMap{}
	for _, p := range parts {
		if p.Size() > 1<<20 {
			t.Errorf("%s has %d bytes", p.Name, p.Size())
		}
		there[p.Name] = p
	}
	get := func(name string) (*corev1.ConfigMap, error) { return there[name], nil }
	got, err := Assemble(f.Digest, get)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, got); diff != "" {
		t.Error("assembled it is another")
	}
	last := parts[len(parts)-1]
	var incomplete *IncompleteError
	delete(there, last.Name)
	if _, err := Assemble(f.Digest, get); !errors.As(err, &incomplete) {
		t.Errorf("without the last: %v", err)
	}
	other := last.DeepCopy()
	other.Data[keyDigest] = "other"
	there[last.Name] = other
	if _, err := Assemble(f.Digest, get); !errors.As(err, &incomplete) {
		t.Errorf("with the last of another: %v", err)
	}
	edited := last.DeepCopy()
	edited.BinaryData[keyFacts][7]++
	there[last.Name] = edited
	if _, err := Assemble(f.Digest, get); !errors.Is(err, ErrChanged) {
		t.Errorf("with the last edited: %v", err)
	}
	there[last.Name] = last
	if _, err := Assemble("other", get); !errors.As(err, &incomplete) {
		t.Errorf("of another digest: %v", err)
	}
}
