package main

import (
	"errors"
	"net"
	"net/http"
)

// openSink serves a sink that takes every event, and returns its URL.
func (l *lab) openSink() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusAccepted)
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	l.stops = append(l.stops, func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	})
	return "http://" + listener.Addr().String(), nil
}
