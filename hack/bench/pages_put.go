package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// pageCost is what a write of a page costs.
type pageCost struct {
	KiB    int        `json:"kib"` // of records, before they are coded as base64
	Schema pageSchema `json:"schema"`
	Pages  int        `json:"pages"`
	Puts   int        `json:"puts"`

	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	// CPU is in ms for a write, what the processes do anyway included.
	CPUAPIServer float64 `json:"cpu_apiserver_ms"`
	CPUEtcd      float64 `json:"cpu_etcd_ms"`
	// Growth is what a write adds to etcd's database before it is compacted, in bytes.
	Growth float64 `json:"etcd_bytes"`
}

// warmUpPuts come before those that are measured.
const warmUpPuts = 10

// pageCost writes pages one after the other, each over the version that it had last.
func (l *lab) pageCost(ctx context.Context, c pageCell, puts int) (cost pageCost, err error) {
	w, err := l.newPageWriter(ctx, c)
	if err != nil {
		return cost, err
	}
	for range max(warmUpPuts, c.pages) {
		if err := w.put(ctx); err != nil {
			return cost, err
		}
	}
	for {
		cost, whole, err := l.pagePuts(ctx, w, puts)
		if err != nil {
			return cost, err
		}
		if whole {
			cost.KiB, cost.Schema, cost.Pages = c.kib, c.schema, c.pages
			return cost, nil
		}
	}
}

// pagePuts measures so many writes. They are whole unless etcd was compacted meanwhile:
// what went then is not known.
func (l *lab) pagePuts(ctx context.Context, w *pageWriter, puts int) (cost pageCost, whole bool, err error) {
	kept, err := l.storage(ctx)
	if err != nil {
		return cost, false, err
	}
	before, err := readServers()
	if err != nil {
		return cost, false, err
	}
	var s sample
	for range puts {
		sent := time.Now()
		if err := w.put(ctx); err != nil {
			return cost, false, err
		}
		s.latencies = append(s.latencies, time.Since(sent))
	}
	after, err := readServers()
	if err != nil {
		return cost, false, err
	}
	grown, err := l.storage(ctx)
	return pageCost{
		Puts: puts, P50: ms(s.quantile(0.5)), P99: ms(s.quantile(0.99)),
		CPUAPIServer: after.apiServer.since(before.apiServer) / float64(puts),
		CPUEtcd:      after.etcd.since(before.etcd) / float64(puts),
		Growth:       (grown.bytes - kept.bytes) / float64(puts),
	}, grown.compacted == kept.compacted, err
}

// servers is what the processes behind the API have used.
type servers struct{ apiServer, etcd usage }

func readServers() (s servers, err error) {
	if s.apiServer, err = childUsage("kube-apiserver"); err != nil {
		return s, err
	}
	s.etcd, err = childUsage("etcd")
	return s, err
}

// since is the CPU time since an earlier moment, in ms.
func (u usage) since(before usage) float64 { return 1000 * (u.cpuSeconds - before.cpuSeconds) }

// storage is how large etcd's database is, free pages apart, and how many keys were ever
// compacted.
type storage struct{ bytes, compacted float64 }

// commitTime is more than etcd lets pass until it writes to its database.
const commitTime = 250 * time.Millisecond

func (l *lab) storage(ctx context.Context) (s storage, err error) {
	if err := pause(ctx, commitTime); err != nil {
		return s, err
	}
	f, err := scrape(ctx, l.plane.EtcdURL()+"/metrics")
	return storage{
		bytes:     f.sum("etcd_mvcc_db_total_size_in_use_in_bytes", nil),
		compacted: f.sum("etcd_debugging_mvcc_db_compaction_keys_total", nil),
	}, err
}

// pageWriter writes pages in turn.
type pageWriter struct {
	api   rest.Interface
	kind  string
	kib   int
	pages []pageVersion
	next  int
	rng   *rand.ChaCha8
}

// pageVersion is the one that a page has.
type pageVersion struct {
	Metadata struct {
		Name            string `json:"name"`
		Namespace       string `json:"namespace"`
		UID             string `json:"uid,omitempty"`
		ResourceVersion string `json:"resourceVersion,omitempty"`
	} `json:"metadata"`
	token string
}

// page is what is sent.
type page struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	pageVersion
	Spec pageSpec `json:"spec"`
}

type pageSpec struct {
	Number  int64  `json:"number"`
	Header  string `json:"header"`
	Token   string `json:"token"`
	Over    string `json:"over"`
	Records []byte `json:"records"`
}

// newPageWriter makes the pages anew.
func (l *lab) newPageWriter(ctx context.Context, c pageCell) (*pageWriter, error) {
	w := &pageWriter{api: l.api, kind: pageKinds[c.schema], kib: c.kib, rng: rand.NewChaCha8([32]byte{1})}
	if err := w.api.Delete().AbsPath(w.path()).Do(ctx).Error(); err != nil {
		return nil, err
	}
	for i := range c.pages {
		var v pageVersion
		v.Metadata.Name, v.Metadata.Namespace = fmt.Sprintf("page-%d", i), pagesNamespace
		body, err := json.Marshal(w.page(v, ""))
		if err != nil {
			return nil, err
		}
		if v, err = sendPage(ctx, w.api.Post().AbsPath(w.path()), body); err != nil {
			return nil, err
		}
		w.pages = append(w.pages, v)
	}
	return w, nil
}

func (w *pageWriter) path() string {
	return "/apis/" + pagesGroup + "/v1/namespaces/" + pagesNamespace + "/" + pluralOf(w.kind)
}

// page is a new version of a page. Its records cannot be compressed.
func (w *pageWriter) page(over pageVersion, token string) page {
	records := make([]byte, w.kib<<10)
	_, _ = w.rng.Read(records) // never fails
	return page{
		APIVersion: pagesGroup + "/v1", Kind: w.kind, pageVersion: over,
		Spec: pageSpec{Number: int64(w.next), Header: strings.Repeat("header. ", 32), Token: token, Over: over.token, Records: records},
	}
}

// put writes the next page over the version that it had last.
func (w *pageWriter) put(ctx context.Context) error {
	at := &w.pages[w.next%len(w.pages)]
	var random [16]byte
	_, _ = w.rng.Read(random[:]) // never fails
	token := hex.EncodeToString(random[:])
	body, err := json.Marshal(w.page(*at, token))
	if err != nil {
		return err
	}
	next, err := sendPage(ctx, w.api.Put().AbsPath(w.path(), at.Metadata.Name), body)
	if err != nil {
		return err
	}
	next.token = token
	*at = next
	w.next++
	return nil
}

// sendPage returns the version that was made.
func sendPage(ctx context.Context, request *rest.Request, body []byte) (v pageVersion, err error) {
	answer, err := request.Param("fieldValidation", "Strict").SetHeader("Content-Type", "application/json").Body(body).DoRaw(ctx)
	if err != nil {
		return v, fmt.Errorf("%w: %s", err, answer)
	}
	return v, json.Unmarshal(answer, &v)
}
