// Package catalogsite compares what EventCatalog makes of the catalogue with what the contract says.
// make catalog-site builds the pages and names their folder in CATALOG_SITE; without that the tests
// are skipped. They need Chromium, which draws what the visualiser shows.
package catalogsite
