package node

import (
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// enterSandbox moves the calling thread, which must be locked to its goroutine for
// good, into a new network that has an address on the bridge. What the thread starts
// runs there. The link's name is that of its end at the bridge.
func enterSandbox(link, address string) error {
	outside, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer func() { _ = outside.Close() }()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("making a network for a Pod: %w", err)
	}
	if _, err := raise("lo"); err != nil {
		return err
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = "eth0"
	err = netlink.LinkAdd(&netlink.Veth{LinkAttrs: attributes, PeerName: link, PeerNamespace: netlink.NsFd(outside.Fd())})
	if err != nil {
		return fmt.Errorf("linking a Pod to the bridge: %w", err)
	}
	inner, err := raise("eth0")
	if err != nil {
		return err
	}
	if err := addAddress(inner, address+"/16"); err != nil {
		return err
	}
	route := &netlink.Route{LinkIndex: inner.Attrs().Index, Gw: net.ParseIP(gateway)}
	if err := netlink.RouteAdd(route); err != nil {
		return fmt.Errorf("routing a Pod to Services: %w", err)
	}
	return nil
}

// mountAll mounts volumes in the view of the calling thread, which must be locked to its
// goroutine for good, and of what it starts.
func mountAll(mounts []mount) error {
	if len(mounts) == 0 {
		return nil
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("making a view of files for a Pod: %w", err)
	}
	for _, m := range mounts {
		if err := unix.Mount(m.directory, m.path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mounting %s: %w", m.path, err)
		}
	}
	return nil
}

// plugIn connects the bridge's end of a Pod's link.
func plugIn(link string) error {
	outer, err := netlink.LinkByName(link)
	if err != nil {
		return fmt.Errorf("finding %s: %w", link, err)
	}
	bridge, err := netlink.LinkByName(bridgeName)
	if err != nil {
		return fmt.Errorf("finding the bridge: %w", err)
	}
	if err := netlink.LinkSetMaster(outer, bridge); err != nil {
		return fmt.Errorf("plugging %s into the bridge: %w", link, err)
	}
	_, err = raise(link)
	return err
}
