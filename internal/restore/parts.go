package restore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/klauspost/compress/zstd"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// MaxParts is how many ConfigMaps a File may take: as many names as the operator's role has.
	MaxParts = 16
	// partBytes is what a ConfigMap carries. The API server takes 1 MiB.
	partBytes = 900 << 10
	// maxDecoded bounds what the ConfigMaps may unpack to.
	maxDecoded = 1 << 30

	keyDigest, keyParts, keyFacts = "digest", "parts", "facts"
)

// PartName is the name of a ConfigMap, from 0.
func PartName(i int) string { return fmt.Sprintf("inventory-restore-%d", i) }

// ErrTooLarge says that a File does not fit.
var ErrTooLarge = fmt.Errorf("it takes more than %d ConfigMaps of %d bytes", MaxParts, partBytes)

// Parts are the ConfigMaps that carry a File.
func (f *File) Parts(namespace string) ([]*corev1.ConfigMap, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode what was exported: %w", err)
	}
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		return nil, fmt.Errorf("compress what was exported: %w", err)
	}
	packed := encoder.EncodeAll(text, nil)
	count := (len(packed) + partBytes - 1) / partBytes
	if count > MaxParts {
		return nil, ErrTooLarge
	}
	parts := make([]*corev1.ConfigMap, count)
	for i := range parts {
		parts[i] = &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: PartName(i), Labels: map[string]string{"app.kubernetes.io/part-of": "inventory-service"}},
			Data:       map[string]string{keyDigest: f.Digest, keyParts: strconv.Itoa(count)},
			BinaryData: map[string][]byte{keyFacts: packed[i*partBytes : min((i+1)*partBytes, len(packed))]},
		}
	}
	return parts, nil
}

// IncompleteError says that not all ConfigMaps of a File are there.
type IncompleteError struct{ Missing string }

// Error says which is missing.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("%s: run kubectl inventory restore again with the same file", e.Missing)
}

// Assemble reads the File of a digest out of ConfigMaps, each of which get returns: nil where there
// is none. It fails with an *IncompleteError, with ErrChanged, or as get does.
func Assemble(digest string, get func(name string) (*corev1.ConfigMap, error)) (*File, error) {
	var packed []byte
	for i, count := 0, 1; i < count; i++ {
		part, err := get(PartName(i))
		switch {
		case err != nil:
			return nil, err
		case part == nil:
			return nil, &IncompleteError{fmt.Sprintf("ConfigMap %s is missing", PartName(i))}
		case part.Data[keyDigest] != digest:
			return nil, &IncompleteError{fmt.Sprintf("ConfigMap %s is of another file", PartName(i))}
		}
		if i == 0 {
			if count, err = strconv.Atoi(part.Data[keyParts]); err != nil || count < 1 || count > MaxParts {
				return nil, fmt.Errorf("ConfigMap %s says that there are %q: %w", PartName(i), part.Data[keyParts], ErrChanged)
			}
		}
		packed = append(packed, part.BinaryData[keyFacts]...)
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxDecoded))
	if err != nil {
		return nil, fmt.Errorf("unpack the ConfigMaps: %w", err)
	}
	defer decoder.Close()
	text, err := decoder.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack the ConfigMaps (%w): %w", err, ErrChanged)
	}
	f, err := parseJSON(text)
	switch {
	case err != nil:
		return nil, err
	case f.Digest != digest:
		return nil, ErrChanged
	}
	return f, nil
}

// parseJSON reads what Parts has written.
func parseJSON(text []byte) (*File, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	f := &File{}
	if err := decoder.Decode(f); err != nil {
		return nil, errors.Join(ErrChanged, err)
	}
	if f.Digest != f.digest() {
		return nil, ErrChanged
	}
	return f, nil
}
