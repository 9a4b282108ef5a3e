// Package catalog writes the page of this service in an EventCatalog, as MDX in the layout that core 3
// builds: the domain with its language, the service, its messages in every version, entities, flows, the
// container of the archive, a decision, and the owner. All that the contract says comes from package
// contract; only what a catalogue adds to that, such as flows and language, is written here.
//
// The command Reserve Inventory belongs to whoever sends it, and is referred to. It is written only
// where the catalogue has to stand alone.
package catalog
