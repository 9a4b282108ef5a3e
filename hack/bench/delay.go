package main

import (
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/acme/inventory-service/internal/controlplane"
)

// slowDown puts a line between kube-apiserver and etcd on which an answer takes longer by a
// delay, half of it on each way.
func (l *lab) slowDown(options *controlplane.Options, delay time.Duration) error {
	etcd, err := freeAddress()
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(etcd)
	if err != nil {
		return err
	}
	if options.EtcdPort, err = strconv.Atoi(port); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	l.stops = append(l.stops, listener.Close)
	options.EtcdURL = "http://" + listener.Addr().String()
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return // it is closed
			}
			go connect(from, etcd, delay/2)
		}
	}()
	return nil
}

// connect joins a connection to an address until either side ends it.
func connect(from net.Conn, address string, each time.Duration) {
	to, err := net.Dial("tcp", address)
	if err != nil {
		_ = from.Close()
		return
	}
	end := func() { _ = errors.Join(from.Close(), to.Close()) }
	go func() { defer end(); carry(to, from, each) }()
	defer end()
	carry(from, to, each)
}

// carry copies what is read, each piece so much later, and keeps their order.
func carry(to io.Writer, from io.Reader, later time.Duration) {
	type piece struct {
		due  time.Time
		data []byte
	}
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			data := make([]byte, 64<<10)
			n, err := from.Read(data)
			if n > 0 {
				pieces <- piece{time.Now().Add(later), data[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			for range pieces { // until the reader has noticed that the line is closed
			}
			return
		}
	}
}
