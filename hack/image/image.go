package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// entrypoint is the program that the image runs.
const entrypoint = "inventory-operator"

// license is that of the project, as SPDX names it.
const license = "Apache-2.0"

// programs are all that are in it, at its root: the plugin is for config/backup.
var programs = []string{entrypoint, "kubectl-inventory"}

// image is what is made: an index of one image for each platform, and their SBOMs.
type image struct {
	release release
	index   v1.ImageIndex
	sboms   []bill
}

// labels are what an image says of itself, as the Dockerfile does.
func labels(r release) map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       "inventory-operator",
		"org.opencontainers.image.description": "The operator of the Inventory Service: the system of record for stock",
		"org.opencontainers.image.licenses":    license,
		"org.opencontainers.image.source":      r.source,
		"org.opencontainers.image.version":     r.version,
		"org.opencontainers.image.revision":    r.revision,
		"org.opencontainers.image.created":     r.at.Format(time.RFC3339),
	}
}

// build makes the image of all platforms, in their order.
func build(from binaries, r release) (*image, error) {
	built := &image{release: r, index: mutate.IndexMediaType(empty.Index, types.OCIImageIndex)}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		platform, err := v1.ParsePlatform(name)
		if err != nil {
			return nil, fmt.Errorf("platform %s: %w", name, err)
		}
		one, err := buildOne(*platform, from[name], r)
		if err != nil {
			return nil, fmt.Errorf("image for %s: %w", name, err)
		}
		digest, err := one.Digest()
		if err != nil {
			return nil, err
		}
		sbom, err := newBill(*platform, from[name], digest, r)
		if err != nil {
			return nil, fmt.Errorf("SBOM of %s: %w", from[name], err)
		}
		if err := sbom.attach(one); err != nil {
			return nil, err
		}
		built.sboms = append(built.sboms, sbom)
		built.index = mutate.AppendManifests(built.index, mutate.IndexAddendum{Add: one, Descriptor: v1.Descriptor{Platform: platform}})
	}
	built.index = mutate.Annotations(built.index, labels(r)).(v1.ImageIndex)
	return built, nil
}

// buildOne makes the image of one platform, whose programs are in a directory.
func buildOne(platform v1.Platform, dir string, r release) (v1.Image, error) {
	base, err := layer(r.at, rootfs()...)
	if err != nil {
		return nil, err
	}
	var files []file
	for _, name := range programs {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, 0o755, content})
	}
	binaries, err := layer(r.at, files...)
	if err != nil {
		return nil, err
	}
	built := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	built, err = mutate.Append(built,
		mutate.Addendum{Layer: base, MediaType: types.OCILayer, History: v1.History{Created: v1.Time{Time: r.at}, CreatedBy: "public certificate authorities and the user"}},
		mutate.Addendum{Layer: binaries, MediaType: types.OCILayer, History: v1.History{Created: v1.Time{Time: r.at}, CreatedBy: "the operator and the kubectl plugin"}},
	)
	if err != nil {
		return nil, err
	}
	config, err := built.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = platform.OS, platform.Architecture, platform.Variant
	config.Created = v1.Time{Time: r.at}
	config.Config = v1.Config{User: fmt.Sprintf("%d:%d", user, user), Entrypoint: []string{"/" + entrypoint}, Labels: labels(r)}
	return mutate.ConfigFile(built, config)
}
