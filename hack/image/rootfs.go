package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// user is the number of the user and group that the operator runs as: that of config/manager.
const user = 65532

// file is one of the image. Directories are made as they are needed.
type file struct {
	path    string
	mode    int64
	content []byte
}

// rootfs are all files but the binary. Where Go looks for the certificates of authorities is the
// first of its list for Linux.
func rootfs() []file {
	nobody := fmt.Sprintf("nonroot:x:%d:%d:nonroot:/:/sbin/nologin\n", user, user)
	group := fmt.Sprintf("nonroot:x:%d:\n", user)
	return []file{
		{"etc/group", 0o644, []byte(group)},
		{"etc/passwd", 0o644, []byte(nobody)},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, roots()},
	}
}

// roots are the public authorities that Mozilla trusts, in PEM. Those that it trusts under
// conditions, which PEM cannot say, are left out.
func roots() []byte {
	var text bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes everything
		}
	}
	return text.Bytes()
}

// writeRootfs writes the files to a directory.
func writeRootfs(dir string) error {
	for _, f := range rootfs() {
		to := filepath.Join(dir, filepath.FromSlash(f.path))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, f.content, os.FileMode(f.mode)); err != nil {
			return err
		}
	}
	return nil
}

// layer packs files, in their order, as root's and of one time.
func layer(at time.Time, files ...file) (v1.Layer, error) {
	var packed bytes.Buffer
	to := tar.NewWriter(&packed)
	made := map[string]bool{".": true}
	for _, f := range files {
		if err := directories(to, path.Dir(f.path), made, at); err != nil {
			return nil, err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.path, Mode: f.mode, Size: int64(len(f.content)), ModTime: at, Format: tar.FormatPAX}
		if err := to.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := to.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := to.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer))
}

// directories packs a directory and those above it, each once.
func directories(to *tar.Writer, dir string, made map[string]bool, at time.Time) error {
	if made[dir] {
		return nil
	}
	if err := directories(to, path.Dir(dir), made, at); err != nil {
		return err
	}
	made[dir] = true
	return to.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: at, Format: tar.FormatPAX})
}
