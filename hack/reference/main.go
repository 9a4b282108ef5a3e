// Command reference writes docs/reference from what the code declares. Run it in the root of the
// repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/acme/inventory-service/internal/reference"
)

const folder = "docs/reference"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run() error {
	pages, err := reference.Pages("config/crd")
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // as git checks it out
		return err
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil { //nolint:gosec // as git checks it out
			return err
		}
	}
	return nil
}
