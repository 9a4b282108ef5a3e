package main

import (
	"context"
	"time"
)

// pageMemory is what the servers take while pages are written at a steady rate: the API
// server keeps the versions of the last minutes for its watches.
type pageMemory struct {
	KiB     int     `json:"kib"`
	Rate    float64 `json:"rate"` // that was reached
	Seconds float64 `json:"seconds"`

	APIServerBefore memory `json:"apiserver_before"`
	APIServerAfter  memory `json:"apiserver_after"`
	EtcdBefore      memory `json:"etcd_before"`
	EtcdAfter       memory `json:"etcd_after"`
	// CPU is in ms for a write.
	CPUAPIServer float64 `json:"cpu_apiserver_ms"`
	CPUEtcd      float64 `json:"cpu_etcd_ms"`
}

// memory is in MiB. Heap is live after a collection, 0 where nobody was asked.
type memory struct {
	RSS  float64 `json:"rss_mib"`
	Heap float64 `json:"heap_mib,omitempty"`
}

// pageMemory writes eight pages in turn.
func (l *lab) pageMemory(ctx context.Context, of pageLoad) (m pageMemory, err error) {
	w, err := l.newPageWriter(ctx, pageCell{kib: of.kib, schema: of.schema, pages: 8})
	if err != nil {
		return m, err
	}
	if m.APIServerBefore.Heap, err = l.apiServerHeap(ctx); err != nil {
		return m, err
	}
	before, err := readServers()
	if err != nil {
		return m, err
	}
	began, puts := time.Now(), 0
	ticker := time.NewTicker(time.Second / time.Duration(of.perSecond))
	defer ticker.Stop()
	for time.Since(began) < of.lasts {
		if err := w.put(ctx); err != nil {
			return m, err
		}
		puts++
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return m, ctx.Err()
		}
	}
	m.KiB, m.Seconds = of.kib, time.Since(began).Seconds()
	m.Rate = float64(puts) / m.Seconds
	after, err := readServers()
	if err != nil {
		return m, err
	}
	m.CPUAPIServer, m.CPUEtcd = after.apiServer.since(before.apiServer)/float64(puts), after.etcd.since(before.etcd)/float64(puts)
	m.APIServerBefore.RSS, m.APIServerAfter.RSS = before.apiServer.rssBytes/(1<<20), after.apiServer.rssBytes/(1<<20)
	m.EtcdBefore.RSS, m.EtcdAfter.RSS = before.etcd.rssBytes/(1<<20), after.etcd.rssBytes/(1<<20)
	m.APIServerAfter.Heap, err = l.apiServerHeap(ctx)
	return m, err
}

// apiServerHeap is the live heap of kube-apiserver after a collection, in MiB.
func (l *lab) apiServerHeap(ctx context.Context) (float64, error) {
	text, err := l.api.Get().AbsPath("/debug/pprof/heap").Param("gc", "1").Param("debug", "1").DoRaw(ctx)
	if err != nil {
		return 0, err
	}
	return readHeapAlloc(text, "kube-apiserver's profile")
}
