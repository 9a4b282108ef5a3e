package restore

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/acme/inventory-service/internal/stock"
)

// The kind of a File.
const (
	APIVersion = "plugin.inventory.acme.com/v1"
	Kind       = "ShippedStock"
)

// File is what a fresh journal has to know. Quantities are units.
type File struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Digest is that of all that follows but the time of the export.
	Digest string `json:"digest"`
	// ExportedAt is when the pages were read.
	ExportedAt metav1.MicroTime `json:"exportedAt"`
	Namespace  string           `json:"namespace"`
	Journal    Journal          `json:"journal"`
	// ForgottenUpTo is the time up to which commands were forgotten: one that is not newer, and
	// unknown, is never decided.
	ForgottenUpTo *metav1.MicroTime `json:"forgottenUpTo,omitempty"`
	Totals        []Total           `json:"totals"`
	Reservations  []Cart            `json:"reservations"`
}

// Journal is the one that a File is from, and how far it was read.
type Journal struct {
	UID       string `json:"uid"`
	Namespace string `json:"namespaceUID"`
	Page      uint64 `json:"page"`
	Record    int    `json:"record"`
}

// Total is how many units were ever shipped of a product from a location.
type Total struct {
	ProductID  string `json:"productID"`
	LocationID string `json:"locationID"`
	Consumed   int64  `json:"consumed"`
}

// Held is how many of the reservations hold units.
func (f *File) Held() (n int) {
	for i := range f.Reservations {
		if f.Reservations[i].Phase == phases[stock.PhaseReserved] {
			n++
		}
	}
	return n
}

// FileOf is what a State knows. Carts that are over and that nobody can ask for again, neither by
// a command nor by an object, are left out.
func FileOf(s *stock.State, namespace string, from Journal, at time.Time) *File {
	f := &File{APIVersion: APIVersion, Kind: Kind, ExportedAt: metav1.NewMicroTime(at.UTC()), Namespace: namespace, Journal: from}
	f.ForgottenUpTo = timeOf(s.Marks().Forgotten)
	for total := range s.Shipped() {
		f.Totals = append(f.Totals, Total{ProductID: string(total.Product), LocationID: total.Location, Consumed: total.Consumed})
	}
	for r := range s.Reservations() {
		if !r.Phase.Ended() || r.Number > s.Marks().Published || !r.Command.Given {
			f.Reservations = append(f.Reservations, cartOf(r, r.Number > s.Marks().Published))
		}
	}
	slices.SortFunc(f.Totals, func(a, b Total) int {
		return cmp.Or(cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.LocationID, b.LocationID))
	})
	slices.SortFunc(f.Reservations, func(a, b Cart) int {
		return cmp.Or(a.DecidedAt.Compare(b.DecidedAt.Time), cmp.Compare(a.ID, b.ID))
	})
	f.Digest = f.digest()
	return f
}

// digest is that of the content.
func (f *File) digest() string {
	content := *f
	content.Digest, content.ExportedAt = "", metav1.MicroTime{}
	text, err := json.Marshal(content)
	if err != nil {
		panic(err) // texts, numbers and times
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// ErrChanged says that a File, or ConfigMaps, are not what was exported.
var ErrChanged = errors.New("its content is not what its digest says: it was edited or cut off since it was exported")

// Parse reads a File from YAML or JSON. What it does not know is an error, and so is what is not as
// it was exported: ErrChanged.
func Parse(text []byte) (*File, error) {
	f := &File{}
	if err := yaml.UnmarshalStrict(text, f); err != nil {
		return nil, fmt.Errorf("read what was exported: %w", err)
	}
	if f.APIVersion != APIVersion || f.Kind != Kind {
		return nil, fmt.Errorf("it is a %q of %q, not a %s of %s, as kubectl inventory export --shipped writes it", f.Kind, f.APIVersion, Kind, APIVersion)
	}
	if f.Digest != f.digest() {
		return nil, ErrChanged
	}
	return f, nil
}

// Request is what the journal is asked to take in.
func (f *File) Request() (stock.Restore, error) {
	r := stock.Restore{Digest: f.Digest, From: f.Journal.UID, Forgotten: momentOf(f.ForgottenUpTo)}
	for _, t := range f.Totals {
		r.Totals = append(r.Totals, stock.Total{Product: stock.ID(t.ProductID), Location: t.LocationID, Consumed: t.Consumed})
	}
	for i := range f.Reservations {
		cart, err := f.Reservations[i].reservation()
		if err != nil {
			return r, err
		}
		r.Carts = append(r.Carts, cart)
	}
	return r, nil
}

func timeOf(t stock.Time) *metav1.MicroTime {
	if t == 0 {
		return nil
	}
	at := metav1.NewMicroTime(time.UnixMicro(int64(t)).UTC())
	return &at
}

func momentOf(t *metav1.MicroTime) stock.Time {
	if t == nil {
		return 0
	}
	return stock.Time(t.UnixMicro())
}
