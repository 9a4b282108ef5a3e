package main

import "slices"

// catalog are all mutants. Each package whose code is patched has a list in a file
// of its own, catalog_<package>.go; a mutant of several packages is with the one
// that makes the guarantee.
var catalog = slices.Concat(
	ofAllocator,
	ofNamespaces,
	ofControllers,
	ofReservations,
	ofEvents,
	ofContract,
	ofWebhook,
	ofQueries,
	ofForwarding,
	ofAccess,
	ofPublisher,
	ofLevels,
	ofStock,
	ofHolds,
	ofForgetting,
	ofReaders,
	ofArchive,
	ofFaults,
	ofFounding,
	ofRepair,
	ofJournal,
	ofAuditor,
	ofPlugin,
	ofRestore,
	ofLookup,
)
