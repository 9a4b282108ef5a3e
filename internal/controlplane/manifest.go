package controlplane

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// manifest is one object and where it was read.
type manifest struct {
	object *unstructured.Unstructured
	source string
}

// readManifests reads the objects of files, and of the YAML and JSON files right in
// directories, kustomizations excepted, in the order they take effect:
// Namespaces, then CustomResourceDefinitions, then the rest as it comes.
func readManifests(paths []string) ([]manifest, error) {
	var all []manifest
	for _, path := range paths {
		files, err := manifestFiles(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			objects, err := decodeFile(file)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", file, err)
			}
			for _, o := range objects {
				all = append(all, manifest{object: o, source: file})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b manifest) int { return rank(a.object) - rank(b.object) })
	return all, nil
}

// crdRank is where CustomResourceDefinitions stand in the order.
const crdRank = 1

// rank is where an object stands in the order.
func rank(o *unstructured.Unstructured) int {
	switch o.GetKind() {
	case "Namespace":
		return 0
	case "CustomResourceDefinition":
		return crdRank
	}
	return crdRank + 1
}

// manifestFiles lists the files that a path stands for.
func manifestFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		switch filepath.Ext(name) {
		case ".yaml", ".yml", ".json":
		default:
			continue
		}
		if entry.IsDir() || name == "kustomization.yaml" || name == "kustomization.yml" {
			continue
		}
		files = append(files, filepath.Join(path, name))
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no manifests in %s", path)
	}
	return files, nil
}

// decodeFile reads every document of a file; a List gives its items.
func decodeFile(file string) ([]*unstructured.Unstructured, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		o := &unstructured.Unstructured{}
		err := decoder.Decode(&o.Object)
		switch {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, err
		case len(o.Object) == 0:
			continue
		case o.GetAPIVersion() == "" || o.GetKind() == "":
			return nil, errors.New("a document lacks apiVersion or kind")
		case o.IsList():
			err = o.EachListItem(func(item runtime.Object) error {
				objects = append(objects, item.(*unstructured.Unstructured))
				return nil
			})
			if err != nil {
				return nil, err
			}
		case o.GetName() == "":
			return nil, fmt.Errorf("a %s lacks metadata.name", o.GetKind())
		default:
			objects = append(objects, o)
		}
	}
}
