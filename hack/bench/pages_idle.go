package main

import (
	"context"
	"time"
)

// pageIdle is in ms of CPU time a second.
type pageIdle struct {
	APIServer float64 `json:"apiserver_ms_per_s"`
	Etcd      float64 `json:"etcd_ms_per_s"`
}

const (
	// idleTime is how long a look at idle servers takes.
	idleTime = 2 * time.Second
	// restless is the CPU time a second, in ms, above which kube-apiserver is not idle:
	// after a start or a new kind it has documents of its API to make.
	restless = 100
	// idleLooks bounds the wait for it, on a machine that is busy with other things.
	idleLooks = 15
)

// pageIdle waits until kube-apiserver is done with its start and the new kinds.
func (l *lab) pageIdle(ctx context.Context) (idle pageIdle, err error) {
	for range idleLooks {
		before, err := readServers()
		if err != nil {
			return idle, err
		}
		began := time.Now()
		if err := pause(ctx, idleTime); err != nil {
			return idle, err
		}
		after, err := readServers()
		if err != nil {
			return idle, err
		}
		seconds := time.Since(began).Seconds()
		idle.APIServer = after.apiServer.since(before.apiServer) / seconds
		idle.Etcd = after.etcd.since(before.etcd) / seconds
		if idle.APIServer < restless {
			break
		}
	}
	return idle, nil
}
