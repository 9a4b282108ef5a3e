package main

import (
	"context"
	"net"
	"strings"
	"testing"
)

func TestPortInUseIsOneClearLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	err = run(t.Context(), taken.Addr().String())
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "--addr") {
		t.Errorf("run: %v", err)
	}
}

func TestBadAddress(t *testing.T) {
	if err := run(t.Context(), "127.0.0.1"); err == nil || !strings.Contains(err.Error(), "--addr") {
		t.Errorf("run: %v", err)
	}
}

func TestEndsCleanly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, "127.0.0.1:0"); err != nil {
		t.Errorf("run: %v", err)
	}
}
