package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"golang.org/x/sync/errgroup"
)

// profile begins to take CPU profiles of the contender, where it is the operator,
// of this process and of kube-apiserver, over the measured time. What it returns waits for them.
// Without a directory for them it does nothing.
func (b *bench) profile(ctx context.Context, c contender, of cell) (wait func() error) {
	if b.profiles == "" {
		return func() error { return nil }
	}
	group, ctx := errgroup.WithContext(ctx)
	seconds := fmt.Sprint(max(1, int(b.measure.Seconds())))
	take := func(process string, read func() ([]byte, error)) {
		group.Go(func() error {
			if err := pause(ctx, b.warmUp); err != nil {
				return err
			}
			text, err := read()
			if err != nil {
				return fmt.Errorf("profile of %s: %w", process, err)
			}
			name := fmt.Sprintf("%s-%d-%s-%d.%s.pprof", of.workload.name, of.clients, c.name(), b.seed, process)
			return os.WriteFile(filepath.Join(b.profiles, name), text, 0o600)
		})
	}
	const patient = time.Minute // on a machine that is busy
	take("apiserver", func() ([]byte, error) {
		return b.lab.api.Get().AbsPath("/debug/pprof/profile").Param("seconds", seconds).Timeout(patient).DoRaw(ctx)
	})
	take("clients", func() ([]byte, error) {
		var profile bytes.Buffer
		if err := pprof.StartCPUProfile(&profile); err != nil {
			return nil, err
		}
		err := pause(ctx, b.measure)
		pprof.StopCPUProfile()
		return profile.Bytes(), err
	})
	if operator, ok := c.(interface{ pprofURL() string }); ok {
		take("operator", func() ([]byte, error) {
			return get(ctx, operator.pprofURL()+"/debug/pprof/profile?seconds="+seconds)
		})
	}
	return group.Wait
}

// get reads what an URL answers.
func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}
