package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serve runs the image's operator, and has it reserve one mug for a cart. The returned function
// stops it.
func serve(t *testing.T, root string, port int, cart string, arguments ...string) (stop func()) {
	t.Helper()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	command := inRoot(t.Context(), root, append(arguments, "--bridge-address", address)...)
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("it ends with %v", err)
		}
		if t.Failed() {
			t.Logf("its log:\n%s", log.String())
		}
	}
	body := fmt.Sprintf(`{"cartId":%q,"items":[{"productId":"mug","quantity":1}]}`, cart)
	last := ""
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/reservations", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", cart)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			last = err.Error()
			continue
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if last = fmt.Sprintf("%d %s", answer.StatusCode, text); answer.StatusCode == http.StatusCreated || answer.StatusCode == http.StatusOK {
			return stop
		}
	}
	stop()
	t.Fatalf("no cart is reserved: %s\n%s", last, log.String())
	return nil
}
