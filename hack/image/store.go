package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// refName is the annotation with the tag of what is in a layout.
const refName = "org.opencontainers.image.ref.name"

// write writes the OCI layout anew, and the SBOMs beside it.
func (i *image) write(dir string) error {
	to := filepath.Join(dir, "oci")
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	written, err := layout.Write(to, empty.Index)
	if err != nil {
		return fmt.Errorf("write the layout: %w", err)
	}
	// The name by which tools choose the image, of what is in the layout.
	named := layout.WithAnnotations(map[string]string{refName: i.release.version})
	if err := written.AppendIndex(i.index, named); err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	for _, sbom := range i.sboms {
		if err := written.AppendImage(sbom.referrer); err != nil {
			return fmt.Errorf("write an SBOM: %w", err)
		}
		beside := filepath.Join(dir, sbom.name())
		if err := os.WriteFile(beside, sbom.text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// push pushes the image under a name, then the SBOMs, with the credentials that docker login
// has left.
func (i *image) push(text string) error {
	to, err := name.ParseReference(text)
	if err != nil {
		return err
	}
	keys := remote.WithAuthFromKeychain(authn.DefaultKeychain)
	if err := remote.WriteIndex(to, i.index, keys); err != nil {
		return fmt.Errorf("push the image to %s: %w", to, err)
	}
	for _, sbom := range i.sboms {
		digest, err := sbom.referrer.Digest()
		if err != nil {
			return err
		}
		if err := remote.Write(to.Context().Digest(digest.String()), sbom.referrer, keys); err != nil {
			return fmt.Errorf("push an SBOM to %s: %w", to.Context(), err)
		}
	}
	return nil
}
