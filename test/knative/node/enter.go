package node

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/vishvananda/netlink"
)

// enteredVariable tells the process that Enter started that it is inside.
const enteredVariable = "INVENTORY_NODE_DIR"

// Addresses of the network that Enter makes. Services have those that the control
// plane gives them.
const (
	bridgeName     = "pods"
	bridgeAddress  = "10.244.0.1/16"
	serviceAddress = "10.0.0.1/24" // all of the range is local
	gateway        = "10.244.0.1"
)

// Enter runs this program again, with the same arguments, in a network and a file
// system view of its own. There it returns inside as true, and the caller goes on.
// Outside it returns the exit code that the caller should end with.
func Enter() (inside bool, code int, err error) {
	if dir := os.Getenv(enteredVariable); dir != "" {
		return true, 0, settle(dir)
	}
	if os.Geteuid() != 0 {
		return false, 1, errors.New("a network of its own takes root: run it as root")
	}
	dir, err := os.MkdirTemp("", "inventory-node-")
	if err != nil {
		return false, 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// The kernel ends the child when the thread ends that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command := exec.Command("/proc/self/exe", os.Args[1:]...)
	command.Args[0] = os.Args[0]
	command.Env = append(os.Environ(), enteredVariable+"="+dir)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		Pdeathsig:  syscall.SIGKILL,
	}
	err = command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return false, max(exit.ExitCode(), 1), nil
	}
	if err != nil {
		return false, 1, fmt.Errorf("entering a network of its own: %w", err)
	}
	return false, 0, nil
}

// settle makes the network and the files that resolve names in it.
func settle(dir string) error {
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	for name, content := range map[string]string{
		"hosts": localhost,
		// Names that hosts does not have are refused at once instead of waited for.
		"resolv.conf": "nameserver 127.0.0.1\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
		if err := syscall.Mount(path, "/etc/"+name, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("mounting /etc/%s: %w", name, err)
		}
	}
	loopback, err := raise("lo")
	if err != nil {
		return err
	}
	if err := addAddress(loopback, serviceAddress); err != nil {
		return err
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = bridgeName
	if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attributes}); err != nil {
		return fmt.Errorf("adding the bridge of the Pods: %w", err)
	}
	bridge, err := raise(bridgeName)
	if err != nil {
		return err
	}
	return addAddress(bridge, bridgeAddress)
}

// raise sets a link of the thread's network up.
func raise(name string) (netlink.Link, error) {
	link, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkSetUp(link)
	}
	if err != nil {
		return nil, fmt.Errorf("raising %s: %w", name, err)
	}
	return link, nil
}

func addAddress(link netlink.Link, address string) error {
	parsed, err := netlink.ParseAddr(address)
	if err == nil {
		err = netlink.AddrAdd(link, parsed)
	}
	if err != nil {
		return fmt.Errorf("adding address %s: %w", address, err)
	}
	return nil
}
