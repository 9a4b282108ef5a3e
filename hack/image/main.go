package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// options are what the flags say.
type options struct {
	binaries binaries
	release  release
	// out is the directory of the layout and the SBOMs.
	out string
	// push names where the image is pushed to, empty for nowhere.
	push string
	// rootfs is a directory to which all files but the programs are written, for the Dockerfile.
	rootfs string
}

// release is what an image says of itself.
type release struct {
	version, revision, source string
	// at is the time of everything in it.
	at time.Time
}

// binaries are the directories with the programs, by platform.
type binaries map[string]string

func (b binaries) String() string { return fmt.Sprint(map[string]string(b)) }

// Set takes one as os/arch=directory.
func (b binaries) Set(text string) error {
	platform, path, ok := strings.Cut(text, "=")
	if !ok || strings.Count(platform, "/") != 1 || path == "" {
		return errors.New("give os/arch=directory, such as linux/arm64=bin/image/linux/arm64")
	}
	b[platform] = path
	return nil
}

func main() {
	o := options{binaries: binaries{}}
	var epoch int64
	flag.Var(o.binaries, "binaries", "os/arch=directory with the programs, such as linux/arm64=bin/image/linux/arm64; once for each platform")
	flag.StringVar(&o.release.version, "version", "dev", "version of the operator")
	flag.StringVar(&o.release.revision, "revision", "", "commit that the binaries are built from")
	flag.StringVar(&o.release.source, "source", "https://github.com/acme/inventory-service", "where the source is")
	flag.Int64Var(&epoch, "source-date-epoch", 0, "time of everything in the image, in seconds since 1970: that of the commit")
	flag.StringVar(&o.out, "out", "", "directory for the OCI layout and the SBOMs")
	flag.StringVar(&o.push, "push", "", "reference to push the image to, such as registry.example.com/inventory-operator:0.1.0")
	flag.StringVar(&o.rootfs, "rootfs", "", "directory to write all files of the image but the programs to, instead of making it")
	flag.Parse()
	o.release.at = time.Unix(epoch, 0).UTC()
	if err := run(o); err != nil {
		fmt.Fprintf(os.Stderr, "image: %v\n", err)
		os.Exit(1)
	}
}

func run(o options) error {
	if o.rootfs != "" {
		return writeRootfs(o.rootfs)
	}
	if len(o.binaries) == 0 || o.out == "" {
		return errors.New("give --binaries and --out, or --rootfs")
	}
	built, err := build(o.binaries, o.release)
	if err != nil {
		return err
	}
	if err := built.write(o.out); err != nil {
		return err
	}
	digest, err := built.index.Digest()
	if err != nil {
		return err
	}
	fmt.Println(digest)
	if o.push == "" {
		return nil
	}
	return built.push(o.push)
}
