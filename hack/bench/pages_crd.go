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

// The kinds of pages, made for the measurement: with and without the rule.
const (
	pagesNamespace = "bench-pages"
	pagesGroup     = "bench.inventory.acme.com"
	ruledKind      = "BenchPage"
	plainKind      = "BenchPlainPage"
)

// pagesManifest is the CRD of a kind, with rules or nothing as its last lines.
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
              records: {type: string, format: byte}
%[5]s---
`

// pageRule is what a journal would ask of each write that changes anything.
const pageRule = `            x-kubernetes-validations:
            - {rule: self == oldSelf || self.over == oldSelf.token, message: it was written over another version}
`

func pluralOf(kind string) string { return strings.ToLower(kind) + "s" }

// installPages makes both kinds, and a namespace for them.
func (l *lab) installPages(ctx context.Context) error {
	var text strings.Builder
	for kind, rules := range map[string]string{plainKind: "", ruledKind: pageRule} {
		fmt.Fprintf(&text, pagesManifest, kind, pluralOf(kind), pagesGroup, strings.ToLower(kind), rules)
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
