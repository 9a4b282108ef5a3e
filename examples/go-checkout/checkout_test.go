package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

func TestMain(m *testing.M) { os.Exit(testbed.Main(m)) }

const (
	lamp  = "0d0b5f0e-6c43-4f0e-9c56-6f3e8a1c7e01"
	first = "11111111-1111-4111-8111-111111111111"
	other = "22222222-2222-4222-8222-222222222222"
)

// A cart is sold, another is unavailable, a declined one is given back, and each may be run again.
func TestCheckout(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	w.Declare("lamp", lamp, "amsterdam", 3)
	o := w.Operate("--leader-elect=false")
	for _, step := range []struct {
		args string
		err  error
		says string
	}{
		{"--cart " + other + " --item " + lamp + "=3 --decline", ErrDeclined, "declined, released: "},
		{"--cart " + first + " --item " + lamp + "=2", nil, "paid, shipped: "},
		{"--cart " + first + " --item " + lamp + "=2", nil, "paid, shipped: "},
		{"--cart 33333333-3333-4333-8333-333333333333 --item " + lamp + "=2", ErrUnavailable, "unavailable: 2 of " + lamp + ", of which there are 1"},
	} {
		out := &bytes.Buffer{}
		if err := run(t.Context(), append([]string{"--bridge", o.Bridge}, strings.Fields(step.args)...), out); !errors.Is(err, step.err) {
			t.Errorf("%s: %v, want %v", step.args, err, step.err)
		}
		if !strings.Contains(out.String(), step.says) {
			t.Errorf("%s prints\n%s", step.args, out)
		}
	}
	w.AwaitItem("lamp", func(i *v1.StockItem) bool { return i.Status.OnHand == 1 && i.Status.Available == 1 })
	w.Settle()
}

// A message that can never succeed is told in the bridge's words, at once.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	o := w.Operate("--leader-elect=false")
	err := run(t.Context(), []string{"--bridge", o.Bridge, "--cart", first, "--item", lamp + "=0"}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "answers 400") || !strings.Contains(err.Error(), "quantity") {
		t.Errorf("it fails with %v", err)
	}
}

// The operator is killed while the payment is taken: the same command finds the same outcome.
func TestCheckoutThroughARestart(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	w.Declare("lamp", lamp, "amsterdam", 3)
	o := w.Operate("--leader-elect=false")
	lost := errors.New("the connection to the bank is lost")
	out := &bytes.Buffer{}
	checkout := Checkout{Inventory: &Inventory{bridge: o.Bridge}, Out: out, Pay: func(context.Context, string) (bool, error) {
		o.Kill()
		return false, lost
	}}
	items := []events.Item{{ProductID: lamp, Quantity: 2}}
	if err := checkout.Sell(t.Context(), first, items); !errors.Is(err, lost) {
		t.Fatalf("it fails with %v, want %v", err, lost)
	}
	o = w.Operate("--leader-elect=false")
	checkout.Inventory = &Inventory{bridge: o.Bridge}
	checkout.Pay = func(context.Context, string) (bool, error) { return true, nil }
	w.Must(checkout.Sell(t.Context(), first, items))
	told := strings.Fields(out.String())
	if len(told) != 7 || told[1] != told[3] {
		t.Errorf("another hold was made:\n%s", out)
	}
	w.AwaitItem("lamp", func(i *v1.StockItem) bool { return i.Status.OnHand == 1 && i.Status.Reserved == 0 })
	w.Settle()
}
