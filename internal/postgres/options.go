package postgres

import (
	"os"
	"path/filepath"
	"time"
)

// Options tell Start what to run and where. The zero value is the newest server that there is,
// on a free port, with data of its own that Stop removes.
type Options struct {
	// Installation is what runs. Default: the first of Installations.
	Installation Installation

	// Dir holds the data (Dir/data), the log (Dir/postgres.log) and the Unix socket. They are
	// kept. Default: a temporary directory that Stop removes.
	Dir string

	// Port is a port of 127.0.0.1. Zero takes a free one.
	Port int

	// UnsafeNoFsync makes the server faster and a machine's crash a loss of data: for tests
	// only. A crash of the server alone loses nothing.
	UnsafeNoFsync bool

	// Settings are the server's, each such as "max_connections=300".
	Settings []string

	// StartTimeout bounds the wait for the server to be ready. Default: two minutes, enough for a
	// busy machine of two cores.
	StartTimeout time.Duration
}

// complete fills in defaults. It makes no directory but the temporary one.
func (o Options) complete() (_ Options, temporary bool, err error) {
	if o.Installation.Dir == "" {
		all, err := Installations()
		if err != nil {
			return o, false, err
		}
		o.Installation = all[0]
	}
	if o.StartTimeout == 0 {
		o.StartTimeout = 2 * time.Minute
	}
	if o.Dir == "" {
		// Its own name is short: the path of a Unix socket has 107 bytes at most.
		o.Dir, err = os.MkdirTemp("", "inventory-pg-")
		return o, true, err
	}
	o.Dir, err = filepath.Abs(o.Dir)
	return o, false, err
}

// arguments are the server's.
func (o Options) settings() []string {
	all := append([]string{"max_connections=300", "listen_addresses=127.0.0.1", "log_line_prefix=%m [%p] %u@%d "}, o.Settings...)
	if o.UnsafeNoFsync {
		all = append(all, "fsync=off", "full_page_writes=off")
	}
	return all
}
