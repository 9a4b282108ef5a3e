package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// put replaces a page, in one request over one version of one object.
func (s *Store) put(ctx context.Context, e Put) Event {
	p, err := s.update(ctx, &e.Page)
	if err == nil && p.Broken != "" {
		// Of a page that is being deleted, the API server answers what it did not store.
		err = errors.New("the answer is no page as it was sent: " + p.Broken)
	}
	if err != nil {
		result, advice := resultOf(err)
		return Wrote{Call: e.Call, Result: result, Err: fmt.Errorf("write JournalPage %s/%s: %w%s", s.namespace, e.Page.Name, err, advice)}
	}
	return Wrote{Call: e.Call, Result: Stored, Page: p}
}

// unsendable is why a page is not sent at all.
type unsendable string

func (u unsendable) Error() string { return string(u) }

func (s *Store) update(ctx context.Context, p *Page) (*Page, error) {
	switch {
	case p.UID == "" || p.Version == 0:
		return nil, unsendable("it names no uid and version to replace")
	case unpackedSize(p.Records) > MaxUnpacked:
		return nil, unsendable(fmt.Sprintf("its %d records are too large to be read again", len(p.Records)))
	}
	object, err := Encode(p, time.Now())
	if err != nil {
		return nil, unsendable(err.Error())
	}
	return s.write(ctx, s.pages(s.client.ours.Put()).Name(p.Name), object)
}

// write sends a page. The API server is to refuse what it does not know instead of leaving
// it out, and to give up when its answer is no longer waited for.
func (s *Store) write(ctx context.Context, request *rest.Request, object any) (*Page, error) {
	body, err := json.Marshal(object)
	if err != nil {
		return nil, unsendable(err.Error())
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	answer, err := send(ctx, request.Param("fieldValidation", metav1.FieldValidationStrict).Timeout(s.options.Timeout).
		SetHeader("Content-Type", "application/json").Body(body))
	if err != nil {
		return nil, err
	}
	stored, err := decodePage(answer)
	return &stored, err
}

// create makes a blank page.
func (s *Store) create(ctx context.Context, e Create) Event {
	blank, err := Encode(&Page{Ref: Ref{Name: e.Name}}, time.Now())
	if err != nil {
		return Created{Call: e.Call, Err: err}
	}
	p, err := s.write(ctx, s.pages(s.client.ours.Post()), blank)
	switch {
	case apierrors.IsAlreadyExists(err):
		return Created{Call: e.Call}
	case err != nil:
		_, advice := resultOf(err)
		return Created{Call: e.Call, Err: fmt.Errorf("create JournalPage %s/%s: %w%s", s.namespace, e.Name, err, advice)}
	}
	return Created{Call: e.Call, Page: p}
}

// IsRefusal tells whether an error of a Log's Trouble says that the API server refuses what is asked
// of it, so that it is of no use to wait for its answer.
func IsRefusal(err error) bool {
	if err == nil {
		return false
	}
	result, _ := resultOf(err)
	return result == Rejected || result == Denied
}

// resultOf says what an error of a write means, and what a person can do about it.
func resultOf(err error) (Result, string) {
	var unsent unsendable
	if errors.As(err, &unsent) {
		return Rejected, ""
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return Unknown, ""
	}
	message := status.Status().Message
	switch code := status.Status().Code; {
	case code == http.StatusConflict:
		return Conflicted, ""
	case code == http.StatusUnprocessableEntity && otherHistory(status.Status()):
		return OtherHistory, " (if the API server was restored from a backup, nothing has to be done: all is read anew)"
	case code == http.StatusBadRequest:
		return Rejected, " (is the CustomResourceDefinition of JournalPage as old as the operator? apply config/crd of its release)"
	case code == http.StatusRequestEntityTooLarge, code == http.StatusUnprocessableEntity, tooLarge(message):
		return Rejected, ""
	case code == http.StatusUnauthorized:
		return Denied, " (the token of the operator's service account is not accepted)"
	case strings.Contains(message, "failed calling webhook"):
		return Denied, " (an admission webhook does not answer: mend it, or exempt journalpages of inventory.acme.com from it)"
	case code == http.StatusForbidden:
		return Denied, " (bind the ClusterRole inventory-operator, and look for quotas and admission policies that refuse it)"
	case strings.Contains(message, "database space exceeded"):
		return Denied, " (etcd is full: compact and defragment it, then disarm its alarm)"
	default:
		return Unknown, ""
	}
}

// tooLarge tells whether etcd, or the API server's client of it, refuses so many bytes.
func tooLarge(message string) bool {
	return strings.Contains(message, "request is too large") || strings.Contains(message, "trying to send message larger than max")
}

// otherHistory tells whether the rule on a page's token refused a write. The rule is known
// by its field and reason: its message may be that of another release.
func otherHistory(status metav1.Status) bool {
	if status.Details == nil {
		return false
	}
	for _, cause := range status.Details.Causes {
		if cause.Field == "over" && cause.Type == metav1.CauseTypeForbidden {
			return true
		}
	}
	return false
}
