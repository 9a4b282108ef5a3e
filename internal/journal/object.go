package journal

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Encode returns the object that stores a page. Its Blob is stored, not its Records.
func Encode(p *Page, now time.Time) (*v1.JournalPage, error) {
	object := &v1.JournalPage{
		TypeMeta: metav1.TypeMeta{Kind: pageKind, APIVersion: v1.GroupVersion.String()},
		ObjectMeta: metav1.ObjectMeta{Name: p.Name, UID: types.UID(p.UID), Labels: map[string]string{
			v1.ManagedByLabel: v1.ManagedBy, v1.PartOfLabel: v1.PartOf,
		}},
		Token: p.Token, Over: p.Over, Written: now.UTC().Format(metav1.RFC3339Micro),
	}
	if p.Version != 0 {
		object.ResourceVersion = strconv.FormatUint(p.Version, 10)
	}
	if p.Number == 0 {
		return object, nil
	}
	if p.Number > math.MaxInt64 || p.Header.First > math.MaxInt64 {
		return nil, fmt.Errorf("encode page %s: there is no page number %d, or record %d", p.Name, p.Number, p.Header.First)
	}
	object.Page, object.Emptied = int64(p.Number), p.Emptied
	if p.Emptied {
		return object, nil
	}
	header, err := json.Marshal(p.Header)
	if err != nil {
		return nil, fmt.Errorf("encode the header of page %s: %w", p.Name, err)
	}
	object.Header, object.Leader, object.First = string(header), p.Header.Leader.Name, int64(p.Header.First)
	object.Data, object.Bytes, object.Records = base64.StdEncoding.EncodeToString(p.Blob), int64(len(p.Blob)), int64(len(p.Records))
	return object, nil
}

const pageKind = "JournalPage"

// Decode returns the page that an object stores. What is not as Encode writes it is
// Broken, and never an error: one bad page must not hide the others.
func Decode(object *v1.JournalPage) Page {
	p := Page{
		Ref: Ref{Name: object.Name, UID: string(object.UID)}, Token: object.Token, Over: object.Over,
		Emptied: object.Emptied,
	}
	if object.DeletionTimestamp != nil {
		// It cannot be undone, and the next write would take the finalizers off.
		p.Broken = "it is being deleted"
	}
	var err error
	if p.Version, err = strconv.ParseUint(object.ResourceVersion, 10, 64); err != nil {
		p.Broken = fmt.Sprintf("its resourceVersion %.40q is no number", object.ResourceVersion)
		return p
	}
	if object.Page < 0 {
		p.Broken = fmt.Sprintf("there is no page number %d", object.Page)
		return p
	}
	p.Number = uint64(object.Page)
	if p.Number == 0 || p.Emptied {
		p.Broken = cmp.Or(checkEmpty(object), p.Broken)
		return p
	}
	if err := p.decode(object); err != nil {
		p.Broken = err.Error()
	}
	return p
}

// checkEmpty says what is wrong with a page that should hold nothing.
func checkEmpty(object *v1.JournalPage) string {
	switch {
	case object.Page == 0 && (object.Emptied || object.Token != "" || object.Over != ""):
		return "it has no number and yet was written"
	case object.Header != "" || object.Data != "" || object.Records != 0 || object.Bytes != 0 || object.First != 0:
		return "it holds something, though it says that it holds nothing"
	default:
		return ""
	}
}

// decode reads the header and the records.
func (p *Page) decode(object *v1.JournalPage) error {
	var known bool
	var err error
	if p.Header, known, err = decodeHeader([]byte(object.Header)); err != nil || !known {
		return err
	}
	if p.Blob, err = base64.StdEncoding.DecodeString(object.Data); err != nil {
		return fmt.Errorf("its records are not in base64: %w", err)
	}
	if object.First < 0 || uint64(object.First) != p.Header.First {
		return fmt.Errorf("it says that its first record is number %d, and its header says %d", object.First, p.Header.First)
	}
	if object.Bytes != int64(len(p.Blob)) {
		return fmt.Errorf("it says that it holds %d bytes, and holds %d", object.Bytes, len(p.Blob))
	}
	if p.Records, err = Unpack(p.Blob, MaxUnpacked); err != nil {
		return err
	}
	if object.Records != int64(len(p.Records)) {
		return fmt.Errorf("it says that it holds %d records, and holds %d", object.Records, len(p.Records))
	}
	return nil
}

// decodeHeader reads a header. Of a format newer than this release knows, known is false
// and the header has what is coded in the same way for ever.
func decodeHeader(text []byte) (header Header, known bool, err error) {
	var lasting struct {
		Journal Identity `json:"journal"`
		Format  int      `json:"format"`
		Leader  Leader   `json:"leader"`
	}
	if err := json.Unmarshal(text, &lasting); err != nil {
		return Header{}, false, fmt.Errorf("its header cannot be read: %w", err)
	}
	if lasting.Format > Format {
		return Header{Journal: lasting.Journal, Format: lasting.Format, Leader: lasting.Leader}, false, nil
	}
	if lasting.Format < 1 {
		return Header{}, false, errors.New("its header is of no format")
	}
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&header); err != nil {
		return Header{}, false, fmt.Errorf("its header cannot be read: %w", err)
	}
	if _, err := strict.Token(); !errors.Is(err, io.EOF) {
		return Header{}, false, errors.New("its header is followed by something")
	}
	// Names in other letters, given twice or in another order were not written by Encode.
	if again, err := json.Marshal(header); err != nil || !bytes.Equal(again, text) {
		return Header{}, false, errors.New("its header is not written as an operator writes it")
	}
	return header, true, nil
}
