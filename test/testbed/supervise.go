package testbed

// Supervise starts an operator again whenever it ends, until the test does, and
// returns its bridge's URL.
func (w *World) Supervise(flags ...string) string {
	w.Helper()
	address := FreeAddress(w)
	ended := make(chan struct{})
	w.Cleanup(func() { <-ended })
	o := w.LaunchAt(address, w.Kubeconfig, flags...)
	bridge := o.Bridge
	go func() {
		defer close(ended)
		for {
			<-o.Exited
			if w.Context().Err() != nil {
				return
			}
			o = w.LaunchAt(address, w.Kubeconfig, flags...)
			if w.Context().Err() != nil {
				o.Kill() // the test ended in between
			}
		}
	}()
	return bridge
}
