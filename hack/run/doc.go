// Command run is what "make run" starts: a control plane with data in .run, the
// API, the operator under its own ServiceAccount, a sink that prints outcomes, and
// on the first run the stock of config/samples. It prints commands to try and
// goes on until Ctrl-C.
//
// It builds nothing: whoever calls it hands it the binaries of the control plane
// and of the operator. It installs nothing that needs a cluster: config/manager
// is left out.
//
// Everything listens on 127.0.0.1. Data and logs stay in .run; processes and
// credentials do not, however it ends on Linux. Elsewhere a killed run may leave
// the operator running.
package main
