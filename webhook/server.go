package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// DefaultAddress is where the bridge listens unless it is told otherwise: for
// this machine alone.
const DefaultAddress = "127.0.0.1:8080"

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	// writeSlack is the time that an answer may take beyond reading and waiting.
	writeSlack     = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// ending is how long a server waits, one after the other, once it was told to stop.
type ending struct {
	// lull is how long connections may be idle: what a client sends on one meanwhile is answered,
	// and the answer says that the connection ends. It is a part of grace.
	lull time.Duration
	// grace is how long commands may go on. Then those that still wait for an outcome are told
	// that there is none yet, for which flush is left.
	grace, flush time.Duration
}

var usualEnding = ending{lull: time.Second, grace: 5 * time.Second, flush: 2 * time.Second}

// Server serves the bridge. It is a manager.Runnable that needs no leader
// election, since every replica serves.
type Server struct {
	address string
	handler http.Handler
	wait    time.Duration
	// serves says what, in the log.
	serves string
	// tls is nil where connections are in the clear.
	tls    *tls.Config
	ending ending

	mu       sync.Mutex
	listener net.Listener
}

var (
	_ manager.Runnable               = (*Server)(nil)
	_ manager.LeaderElectionRunnable = (*Server)(nil)
)

// NewServer makes a Server for a handler whose answers take up to wait, the
// Options.Wait of New; zero is DefaultWait. An empty address is DefaultAddress.
func NewServer(address string, handler http.Handler, wait time.Duration) *Server {
	if address == "" {
		address = DefaultAddress
	}
	if wait == 0 {
		wait = DefaultWait
	}
	return &Server{address: address, handler: handler, wait: wait, serves: "CloudEvents and HTTP", ending: usualEnding}
}

// NewForwardServer makes a Server, as NewServer does, that gets what other replicas forward
// from a listener of theirs.
func NewForwardServer(listener net.Listener, handler http.Handler, wait time.Duration) *Server {
	s := NewServer(listener.Addr().String(), handler, wait)
	s.listener, s.serves = listener, "what other replicas forward"
	return s
}

// WithTLS has the server take TLS connections alone, of version 1.2 or later, with HTTP/2 for
// those who speak it. Each gets the certificate that is current then. It is called before Start.
func (s *Server) WithTLS(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *Server {
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate}
	return s
}

// NeedLeaderElection is false: standbys serve too.
func (s *Server) NeedLeaderElection() bool { return false }

// Listen takes the address, so that a taken port is told before anything else is
// started. Start does it where nobody has. It may be called once.
func (s *Server) Listen() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		return errors.New("the bridge listens already")
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return fmt.Errorf("the bridge cannot listen on %s, choose another address: %w", s.address, err)
	}
	s.listener = listener
	return nil
}

// Addr is where the server listens, nil before it does.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Start serves until the context ends, and returns when the commands that were
// being served have got an answer.
func (s *Server) Start(ctx context.Context) error {
	if s.Addr() == nil {
		if err := s.Listen(); err != nil {
			return err
		}
	}
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	open := newConnections(maxConnections)
	server := &http.Server{
		Handler:           sayClose(ctx, s.handler),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + s.wait + writeSlack,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         open.changed,
		BaseContext:       func(net.Listener) context.Context { return requests },
		TLSConfig:         s.tls,
	}
	served := make(chan error, 1)
	go func() {
		if s.tls != nil {
			served <- server.ServeTLS(s.listener, "", "")
			return
		}
		served <- server.Serve(s.listener)
	}()
	ctrllog.Log.WithName("bridge").Info("Serving "+s.serves, "address", s.Addr().String(), "tls", s.tls != nil)
	select {
	case err := <-served:
		return fmt.Errorf("the bridge ended: %w", err)
	case <-ctx.Done():
		_ = s.listener.Close()
		if err := <-served; !errors.Is(err, net.ErrClosed) { // what it accepted last is among the open ones now
			return fmt.Errorf("the bridge ended: %w", err)
		}
		return shutDown(server, open, endRequests, s.ending)
	}
}

// sayClose has each answer say that its connection ends once the server is to stop, so that
// clients ask their next question elsewhere.
func sayClose(stopping context.Context, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := closingWriter{w, stopping}
		handler.ServeHTTP(answer, r)
		answer.sayClose() // for an answer of which nothing was written
	})
}

// closingWriter is a ResponseWriter that decides when an answer begins whether its connection
// ends: the server may be told to stop while a request is being served.
type closingWriter struct {
	http.ResponseWriter
	stopping context.Context
}

func (w closingWriter) sayClose() {
	if w.stopping.Err() != nil {
		w.Header().Set("Connection", "close")
	}
}

func (w closingWriter) WriteHeader(status int) {
	w.sayClose()
	w.ResponseWriter.WriteHeader(status)
}

func (w closingWriter) Write(body []byte) (int, error) {
	w.sayClose()
	return w.ResponseWriter.Write(body)
}

// Unwrap is for http.ResponseController.
func (w closingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// shutDown answers what comes on connections that were accepted before, and then ends the waits
// of commands. Keep-alive is switched off after a lull, since that closes what is idle at once,
// also where a client's next request is on its way. http.Server.Shutdown comes last: from its
// begin on, a connection is closed without an answer when its request has been read.
func shutDown(server *http.Server, open *connections, endRequests context.CancelFunc, ending ending) error {
	graceful, cancel := context.WithTimeout(context.Background(), ending.grace)
	defer cancel()
	lull, cancel := context.WithTimeout(graceful, ending.lull)
	defer cancel()
	open.awaitNone(lull)
	server.SetKeepAlivesEnabled(false)
	open.awaitUnused(graceful)
	endRequests()
	flushing, cancel := context.WithTimeout(context.Background(), ending.flush)
	defer cancel()
	open.awaitUnused(flushing)
	if err := server.Shutdown(flushing); err != nil {
		return errors.Join(fmt.Errorf("requests were cut off when the bridge stopped: %w", err), server.Close())
	}
	return nil
}
