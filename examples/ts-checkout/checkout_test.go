// Package tscheckout tests the checkout in TypeScript against the real bridge.
package tscheckout

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

func TestMain(m *testing.M) { os.Exit(testbed.Main(m)) }

const (
	lamp  = "0d0b5f0e-6c43-4f0e-9c56-6f3e8a1c7e01"
	first = "11111111-1111-4111-8111-111111111111"
	other = "22222222-2222-4222-8222-222222222222"
)

// built is the checkout's program, which the registry of npm is needed for.
func built(t *testing.T) string {
	t.Helper()
	if os.Getenv("WITH_NPM") == "" {
		t.Skip("it installs packages from npm: make test-contract runs it")
	}
	dir := t.TempDir()
	for _, command := range [][]string{
		{"cp", "-r", "package.json", "package-lock.json", "tsconfig.json", "src", dir},
		{"npm", "--prefix", dir, "ci", "--no-audit", "--no-fund"},
		{"npm", "--prefix", dir, "run", "build"},
	} {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
	return dir + "/dist/main.js"
}

// A cart is sold, another is unavailable, a declined one is given back, and each may be run again.
func TestCheckout(t *testing.T) {
	program := built(t)
	w := testbed.NewWorld(t)
	w.Declare("lamp", lamp, "amsterdam", 3)
	o := w.Operate("--leader-elect=false")
	for _, step := range []struct {
		args string
		code int
		says string
	}{
		{"--cart " + other + " --item " + lamp + "=3 --decline", 4, "declined, released: "},
		{"--cart " + first + " --item " + lamp + "=2", 0, "paid, shipped: "},
		{"--cart " + first + " --item " + lamp + "=2", 0, "paid, shipped: "},
		{"--cart 33333333-3333-4333-8333-333333333333 --item " + lamp + "=2", 3, "unavailable: 2 of " + lamp + ", of which there are 1"},
		{"--cart 33333333-3333-4333-8333-333333333333 --item " + lamp + "=0", 1, "answers 400"},
	} {
		args := append([]string{program, "--bridge", o.Bridge}, strings.Fields(step.args)...)
		out, err := exec.CommandContext(t.Context(), "node", args...).CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		code := 0
		if exit != nil {
			code = exit.ExitCode()
		}
		if code != step.code || !strings.Contains(string(out), step.says) {
			t.Errorf("%s ends with %d and prints\n%s", step.args, code, out)
		}
	}
	w.AwaitItem("lamp", func(i *v1.StockItem) bool { return i.Status.OnHand == 1 && i.Status.Available == 1 })
	w.Settle()
}
