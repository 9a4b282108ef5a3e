// Package archive keeps the Inventory Database: it follows the journals of all namespaces and
// writes what they say to PostgreSQL, each record once, in order.
//
//	JournalPages ──watch──▶ follow ──▶ project ──▶ store ──one transaction──▶ rows + position
//	                          ▲ Judge: goes on, gap, or another history            │
//	                          └──────────────── position ◀─────────────────────────┘
//
// Nothing waits for it: no decision, no answer, no readiness of the operator. It reads pages, and
// tells the leader how far it is, so that compaction keeps what it has not read (package reader).
//
// One process archives at a time; whoever loses that is fenced by the row of the position, ends,
// and stands for election again when it is started next.
package archive
