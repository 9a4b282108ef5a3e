package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// owner is who runs a server: nil is whoever runs this process.
type owner struct {
	name       string
	credential *syscall.Credential
}

// unprivileged is who runs a server that refuses to run as root.
func unprivileged() (*owner, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, err
		}
		return &owner{name, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody: run this as another user")
}

// command runs a program as the owner.
func (o *owner) command(program string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(program, arguments...)
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if o != nil {
		cmd.SysProcAttr.Credential = o.credential
	}
	return cmd
}

// own makes a directory the owner's.
func (o *owner) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil || o == nil {
		return err
	}
	if err := os.Chown(dir, int(o.credential.Uid), int(o.credential.Gid)); err != nil {
		return err
	}
	enter := o.command("/bin/sh", "-c", `cd "$1"`, "sh", dir)
	enter.Dir = "/"
	if err := enter.Run(); err != nil {
		return fmt.Errorf("as root, PostgreSQL runs as user %s, who may not enter %s: choose a directory that all users may enter, or run this as another user", o.name, dir)
	}
	return nil
}
