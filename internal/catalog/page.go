package catalog

import (
	"fmt"
	"regexp"

	"sigs.k8s.io/yaml"
)

// The folders of the catalogue.
const (
	domainFolder  = "domains/inventory"
	serviceFolder = domainFolder + "/services/" + serviceID
)

// The ids that others refer to.
const (
	domainID    = "inventory"
	serviceID   = "inventory-service"
	containerID = "inventory-database"
	owner       = "fulfilment-platform"
	// customer owns the command that reserves.
	customer = "ordering-platform"
)

// front is the front matter of a page, in YAML.
type front = map[string]any

// pointer names another resource.
func pointer(id, version string) front { return front{"id": id, "version": version} }

// pages collects files by name.
type pages map[string][]byte

// day finds a day in YAML that is quoted. EventCatalog takes createdAt as a date and not as a text.
var day = regexp.MustCompile(`(?m)^(createdAt|date): "(\d{4}-\d\d-\d\d)"$`)

// add writes a page of MDX.
func (p pages) add(name string, head front, body string) error {
	text, err := yaml.Marshal(head)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	text = day.ReplaceAll(text, []byte("$1: $2"))
	p[name] = fmt.Appendf(nil, "---\n%s---\n\n%s\n", text, body)
	return nil
}

// Files are the files of the catalogue by name.
func Files(standalone bool) (map[string][]byte, error) {
	p := pages{}
	for _, write := range []func(pages, bool) error{addDomain, addService, addMessages, addEntities, addFlows, addContainer} {
		if err := write(p, standalone); err != nil {
			return nil, err
		}
	}
	return p, nil
}
