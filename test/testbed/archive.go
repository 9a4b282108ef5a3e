package testbed

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
)

// Archive starts an archive of the world's namespace, under its own ServiceAccount, and does not
// wait. The URL of the database is given in a file. Beside it there may be an operator.
func (w *World) Archive(databaseURL string, flags ...string) *Operator {
	w.Helper()
	dir := w.TempDir()
	kubeconfig, url := filepath.Join(dir, "kubeconfig"), filepath.Join(dir, "url")
	w.Must(w.ControlPlane.ServiceAccountKubeconfig(w.Context(), "inventory-system", "inventory-archive", kubeconfig))
	w.Must(os.WriteFile(url, []byte(databaseURL+"\n"), 0o600))
	arguments := append([]string{
		"archive", "--kubeconfig", kubeconfig, "--database-url-file", url, "--namespaces", w.Namespace, "--metrics-address", "0",
		"--leader-elect=false", "--leader-election-namespace", "inventory-system", "--leader-election-id", "archive-" + w.Namespace,
	}, flags...)
	return w.start(exec.Command(w.Binary, arguments...))
}

// start starts a process that serves no bridge.
func (w *World) start(command *exec.Cmd) *Operator {
	w.Helper()
	o := &Operator{World: w, log: &lockedBuffer{}, Exited: make(chan struct{}), Command: command}
	o.Command.Stdout, o.Command.Stderr = o.log, o.log
	w.Must(o.start())
	w.Cleanup(func() {
		o.Kill()
		if bytes.Contains(o.log.Bytes(), []byte("DATA RACE")) || w.Failed() {
			w.Errorf("the log of %s:\n%s", o.Command.Args[1], o.log.Bytes())
		}
	})
	return o
}
