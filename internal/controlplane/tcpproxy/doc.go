// Package tcpproxy stands between a client and a server on this machine and
// breaks their connections on purpose: it freezes, delays and cuts what passes.
//
//	p, err := tcpproxy.Listen("127.0.0.1:2379")
//	if err != nil { ... }
//	defer p.Close()
//	cp.AddAPIServer(ctx, controlplane.APIServerOptions{EtcdURL: "http://" + p.Address()})
//	p.Freeze() // from here on that API server learns nothing
//
// It passes bytes and knows no protocol: nothing is reordered, lost or doubled
// within a connection, as TCP promises, so what it does is what a network may do.
// Faults hold for connections that are open and for those to come. For tests
// alone: a frozen or delayed connection is read on into memory without a bound,
// so that neither side can tell a fault by a full buffer.
package tcpproxy
