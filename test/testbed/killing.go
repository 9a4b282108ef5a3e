package testbed

import "context"

// Crash is one death of an operator at one of its writes.
type Crash struct {
	At  Point
	How Fault
}

// Killing is a world in which operators die.
type Killing struct {
	*World
	Proxy *Proxy
	Sink  *Sink
	// Address is the bridge's, of whichever operator runs.
	Address string
	// Answers is what was told first, by the command's id.
	Answers map[string]*Told
}

// NewKilling adds a proxy and a sink to a world.
func NewKilling(w *World) *Killing {
	w.Helper()
	k := &Killing{World: w, Proxy: w.Proxied(), Sink: w.NewSink(), Address: FreeAddress(w), Answers: map[string]*Told{}}
	k.Sink.Victim = k.Proxy.Victim
	return k
}

// Start starts an operator at the bridge's one address, through the proxy, to be
// killed by the next fault that kills. It does not wait. It leads without an
// election unless the flags say otherwise.
func (k *Killing) Start(flags ...string) *Operator {
	k.Helper()
	return k.startAt(k.Address, flags...)
}

// StartBeside starts one more operator as Start does, with a bridge of its own.
func (k *Killing) StartBeside(flags ...string) *Operator {
	k.Helper()
	return k.startAt(FreeAddress(k.World), flags...)
}

func (k *Killing) startAt(address string, flags ...string) *Operator {
	k.Helper()
	flags = append([]string{"--leader-elect=false", "--sink", k.Sink.URL()}, flags...)
	o := k.LaunchAt(address, k.Proxy.Kubeconfig, flags...)
	select {
	case <-k.Proxy.Victim: // of an earlier start
	default:
	}
	k.Proxy.Victim <- o
	return o
}

// Arm breaks the next write at a point, be it of the API or of the sink. The
// channel closes when that is done.
func (k *Killing) Arm(c Crash) <-chan struct{} {
	if c.At.Resource == Publish.Resource {
		return k.Sink.Arm(c.How)
	}
	return k.Proxy.Arm(c.At, c.How)
}

// TryUntilKilled sends the command to an operator, which may not listen yet, until that
// has died.
func (k *Killing) TryUntilKilled(c Command, o *Operator, met <-chan struct{}) {
	k.Helper()
	ctx, cancel := context.WithCancel(k.Context())
	defer cancel()
	attempt := make(chan *Told, 1)
	go func() {
		answer, err := c.Repeat(ctx, func() string { return o.Bridge })
		if err != nil {
			answer = nil // cut off
		}
		attempt <- answer
	}()
	AwaitClosed(k.World, met, "the write to break")
	AwaitClosed(k.World, o.Exited, "the operator's death")
	cancel()
	if answer := <-attempt; answer != nil {
		k.Remember(c, answer)
	}
}

// Remember checks that an answer is the same as ever.
func (k *Killing) Remember(c Command, answer *Told) {
	k.Helper()
	first, repeated := k.Answers[c.ID]
	if !repeated {
		k.Answers[c.ID] = answer
	} else if *first != *answer {
		k.Errorf("command %s was answered first\n%s\nand then\n%s", c.ID, first.Text, answer.Text)
	}
}
