package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/internal/controlplane"
)

// Pages are made for the measurement, a kind for each schema.
const (
	pagesNamespace = "bench-pages"
	pagesGroup     = "bench.inventory.acme.com"
)

var pageKinds = map[pageSchema]string{formatted: "BenchPlainPage", ruled: "BenchPage", unformatted: "BenchTextPage"}

// pagesManifest is the CRD of a kind, with a format and rules, or nothing, at the end.
const pagesManifest = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: %[2]s.%[3]s
spec:
  group: %[3]s
  names: {kind: %[1]s, listKind: %[1]sList, plural: %[2]s, singular: %[4]s}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata: {type: object}
          spec:
            type: object
            properties:
              number: {type: integer, format: int64}
              header: {type: string}
              token: {type: string}
              over: {type: string}
              records: {type: string%[5]s}
%[6]s---
`

// pageRule is what a journal would ask of each write that changes anything.
const pageRule = `            x-kubernetes-validations:
            - {rule: self == oldSelf || self.over == oldSelf.token, message: it was written over another version}
`

func pluralOf(kind string) string { return strings.ToLower(kind) + "s" }

// installPages makes all kinds, and a namespace for them.
func (l *lab) installPages(ctx context.Context) error {
	var text strings.Builder
	for schema, kind := range pageKinds {
		format, rule := ", format: byte", pageRule
		switch schema {
		case formatted:
			rule = ""
		case unformatted:
			format = ""
		}
		fmt.Fprintf(&text, pagesManifest, kind, pluralOf(kind), pagesGroup, strings.ToLower(kind), format, rule)
	}
	path := filepath.Join(l.dir, "pages.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return err
	}
	if err := controlplane.Apply(ctx, l.config, "bench", path); err != nil {
		return err
	}
	err := l.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: pagesNamespace}})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}
