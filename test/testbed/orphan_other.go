//go:build !linux

package testbed

import "syscall"

// dieWithParent can do nothing here: operators of killed tests are left behind.
func dieWithParent() *syscall.SysProcAttr { return nil }
