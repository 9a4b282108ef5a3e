-- The Inventory Database: what the journals of one cluster have decided, in SQL.
--
-- stock, reservations and reservation_items are the published tables: a consumer that knows those
-- columns and checks alone can read them. Their keys have the namespace, and where a table is
-- partitioned the time by which it is. Units are BIGINT, since a StockItem may have received 1e15.
--
-- Ids are UUIDs. An id that is another text (--ids any) stands here as a UUID made from it, and the
-- table ids has the text.

-- +goose Up

CREATE TABLE archive_origin (
	single        BOOLEAN PRIMARY KEY DEFAULT true CHECK (single),
	cluster_uid   TEXT NOT NULL,
	first_started TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE archive_origin IS 'Which cluster this database belongs to: one row.';
COMMENT ON COLUMN archive_origin.single IS 'Always true: there is one row at most.';
COMMENT ON COLUMN archive_origin.cluster_uid IS 'uid of the cluster''s namespace kube-system.';
COMMENT ON COLUMN archive_origin.first_started IS 'When an archive first wrote here.';

CREATE TABLE ids (
	id   UUID PRIMARY KEY,
	text TEXT NOT NULL
);
COMMENT ON TABLE ids IS 'The texts of ids that are no UUIDs (--ids any).';
COMMENT ON COLUMN ids.id IS 'What stands for the text in all other tables: a UUIDv5 made from it.';
COMMENT ON COLUMN ids.text IS 'The id as it was given.';

-- Positions and histories ------------------------------------------------------------------------

CREATE TABLE journals (
	namespace     TEXT NOT NULL,
	epoch         INTEGER NOT NULL CHECK (epoch > 0),
	journal_uid   TEXT NOT NULL,
	namespace_uid TEXT NOT NULL,
	reason        TEXT NOT NULL CHECK (reason IN ('FIRST', 'RESTORED', 'REPLACED')),
	began_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
	left_page     BIGINT,
	left_record   BIGINT,
	PRIMARY KEY (namespace, epoch)
);
COMMENT ON TABLE journals IS 'The histories that were archived, one row for each epoch. A new epoch begins where the journal says something else at a position that was archived already.';
COMMENT ON COLUMN journals.namespace IS 'Namespace whose journal it is.';
COMMENT ON COLUMN journals.epoch IS 'Counts the histories of the namespace from 1. The highest is the one that goes on.';
COMMENT ON COLUMN journals.journal_uid IS 'uid of the page on which the journal was founded: its identity.';
COMMENT ON COLUMN journals.namespace_uid IS 'uid of the Namespace.';
COMMENT ON COLUMN journals.reason IS 'Why the epoch began: FIRST, RESTORED (another history of the same journal: etcd was restored from a backup), REPLACED (another journal took its place: a repair, or the namespace was made again).';
COMMENT ON COLUMN journals.began_at IS 'When the archive noticed.';
COMMENT ON COLUMN journals.left_page IS 'Number of the last page of the epoch before that this epoch shares; NULL if it shares none.';
COMMENT ON COLUMN journals.left_record IS 'How many records of that page it shares.';

CREATE TABLE journal_positions (
	namespace   TEXT PRIMARY KEY,
	epoch       INTEGER NOT NULL,
	journal_uid TEXT NOT NULL,
	page        BIGINT NOT NULL,
	record      BIGINT NOT NULL,
	digest      TEXT NOT NULL,
	head        BIGINT NOT NULL,
	marks       TEXT NOT NULL,
	position_at TIMESTAMPTZ,
	writer      TEXT NOT NULL,
	written_at  TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE journal_positions IS 'Up to where each namespace''s journal is archived. It is written in the transaction that writes the rows, so all other tables are exactly what the journal says at this position.';
COMMENT ON COLUMN journal_positions.namespace IS 'Namespace whose journal it is.';
COMMENT ON COLUMN journal_positions.epoch IS 'Which of its histories: see journals.';
COMMENT ON COLUMN journal_positions.journal_uid IS 'Identity of the journal.';
COMMENT ON COLUMN journal_positions.page IS 'Number of the last page of which records are archived.';
COMMENT ON COLUMN journal_positions.record IS 'How many records of that page are archived.';
COMMENT ON COLUMN journal_positions.digest IS 'The journal''s chain of digests after that record: another one at this place is another history.';
COMMENT ON COLUMN journal_positions.head IS 'Number of the first page that counted.';
COMMENT ON COLUMN journal_positions.marks IS 'Marks of the page''s header, as they were then.';
COMMENT ON COLUMN journal_positions.position_at IS 'When that record was decided.';
COMMENT ON COLUMN journal_positions.writer IS 'The process that may write: whoever finds another one here stops.';
COMMENT ON COLUMN journal_positions.written_at IS 'When the row was written.';

CREATE TABLE journal_pages (
	namespace TEXT NOT NULL,
	epoch     INTEGER NOT NULL,
	page      BIGINT NOT NULL,
	record    BIGINT NOT NULL,
	digest    TEXT NOT NULL,
	read_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
	PRIMARY KEY (namespace, epoch, page)
);
COMMENT ON TABLE journal_pages IS 'The digest of each page as far as it was archived: where two histories part is found by it.';
COMMENT ON COLUMN journal_pages.namespace IS 'Namespace whose journal it is.';
COMMENT ON COLUMN journal_pages.epoch IS 'Which of its histories.';
COMMENT ON COLUMN journal_pages.page IS 'Number of the page.';
COMMENT ON COLUMN journal_pages.record IS 'How many of its records were archived.';
COMMENT ON COLUMN journal_pages.digest IS 'The chain of digests after the last of them.';
COMMENT ON COLUMN journal_pages.read_at IS 'When that was.';

CREATE TABLE journal_gaps (
	gap          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	namespace    TEXT NOT NULL,
	epoch        INTEGER NOT NULL,
	reason       TEXT NOT NULL CHECK (reason IN ('COMPACTED', 'BEGAN_LATE', 'RESTORED', 'REPLACED')),
	after_page   BIGINT,
	after_record BIGINT,
	after_at     TIMESTAMPTZ,
	until_page   BIGINT NOT NULL,
	until_record BIGINT NOT NULL,
	until_at     TIMESTAMPTZ,
	restated     BIGINT NOT NULL,
	lost         BIGINT NOT NULL,
	superseded   BIGINT NOT NULL,
	marked_at    TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX idx_journal_gaps_namespace ON journal_gaps (namespace, gap);
COMMENT ON TABLE journal_gaps IS 'Between which positions records were not read one by one. At the end of each gap everything was restated from what the journal still knew; what it had forgotten is missing.';
COMMENT ON COLUMN journal_gaps.gap IS 'Counts the gaps.';
COMMENT ON COLUMN journal_gaps.namespace IS 'Namespace whose journal it is.';
COMMENT ON COLUMN journal_gaps.epoch IS 'The history that goes on after it.';
COMMENT ON COLUMN journal_gaps.reason IS 'COMPACTED: pages were written over before they were read. BEGAN_LATE: the archive, or an emptied database, began after the journal did. RESTORED and REPLACED: a new epoch began (see journals).';
COMMENT ON COLUMN journal_gaps.after_page IS 'Page of the last record before the gap; NULL if there is none.';
COMMENT ON COLUMN journal_gaps.after_record IS 'How many records of that page were archived.';
COMMENT ON COLUMN journal_gaps.after_at IS 'When that record was decided.';
COMMENT ON COLUMN journal_gaps.until_page IS 'Page at which everything was restated.';
COMMENT ON COLUMN journal_gaps.until_record IS 'How many of its records that includes.';
COMMENT ON COLUMN journal_gaps.until_at IS 'When the last of them was decided.';
COMMENT ON COLUMN journal_gaps.restated IS 'How many carts the journal still knew, held, finished and refused ones.';
COMMENT ON COLUMN journal_gaps.lost IS 'How many holds had ended meanwhile in a way that nobody knows any more: they are RELEASED with the reason LOST_IN_GAP.';
COMMENT ON COLUMN journal_gaps.superseded IS 'How many rows went to superseded_rows.';
COMMENT ON COLUMN journal_gaps.marked_at IS 'When the archive noticed.';

CREATE TABLE superseded_rows (
	superseded    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	namespace     TEXT NOT NULL,
	epoch         INTEGER NOT NULL,
	from_table    TEXT NOT NULL,
	content       JSONB NOT NULL,
	superseded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX idx_superseded_rows_namespace ON superseded_rows (namespace, epoch);
COMMENT ON TABLE superseded_rows IS 'Rows of a history that was abandoned, as they stood when another one took its place. Stock movements stay in their table and are marked instead.';
COMMENT ON COLUMN superseded_rows.superseded IS 'Counts the rows.';
COMMENT ON COLUMN superseded_rows.namespace IS 'Namespace of the row.';
COMMENT ON COLUMN superseded_rows.epoch IS 'The history that said so.';
COMMENT ON COLUMN superseded_rows.from_table IS 'Table that the row stood in.';
COMMENT ON COLUMN superseded_rows.content IS 'Its columns.';
COMMENT ON COLUMN superseded_rows.superseded_at IS 'When it was moved here.';

-- Stock ------------------------------------------------------------------------------------------

CREATE TABLE stock (
	product_id UUID NOT NULL,
	available  BIGINT NOT NULL DEFAULT 0 CHECK (available >= 0),
	reserved   BIGINT NOT NULL DEFAULT 0 CHECK (reserved >= 0),
	updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
	namespace  TEXT NOT NULL,
	PRIMARY KEY (product_id, namespace)
);
COMMENT ON TABLE stock IS 'Published: one row for each product, summed over its locations, at the position in journal_positions.';
COMMENT ON COLUMN stock.product_id IS 'The product.';
COMMENT ON COLUMN stock.available IS 'Units that can be reserved now; 1,000,000,000 at each location where nobody counts them.';
COMMENT ON COLUMN stock.reserved IS 'Units that reservations hold.';
COMMENT ON COLUMN stock.updated_at IS 'When one of these last changed.';
COMMENT ON COLUMN stock.namespace IS 'Namespace of the StockItems.';

CREATE TABLE stock_locations (
	namespace  TEXT NOT NULL,
	product_id UUID NOT NULL,
	location   TEXT NOT NULL,
	received   BIGINT NOT NULL,
	reserved   BIGINT NOT NULL,
	consumed   BIGINT NOT NULL,
	available  BIGINT NOT NULL CHECK (available >= 0),
	item_uid   TEXT,
	updated_at TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (namespace, product_id, location)
);
COMMENT ON TABLE stock_locations IS 'The stock by location: where each balance stands now. Its history is in stock_movements.';
COMMENT ON COLUMN stock_locations.namespace IS 'Namespace of the StockItems.';
COMMENT ON COLUMN stock_locations.product_id IS 'The product.';
COMMENT ON COLUMN stock_locations.location IS 'Where the units are.';
COMMENT ON COLUMN stock_locations.received IS 'Units that were ever taken in, as the StockItem that serves here says; 0 where none does.';
COMMENT ON COLUMN stock_locations.reserved IS 'Units that reservations hold.';
COMMENT ON COLUMN stock_locations.consumed IS 'Units that were ever shipped.';
COMMENT ON COLUMN stock_locations.available IS 'Units that can be reserved now.';
COMMENT ON COLUMN stock_locations.item_uid IS 'uid of the StockItem that serves here: see stock_items. NULL where none does.';
COMMENT ON COLUMN stock_locations.updated_at IS 'When one of these last changed.';

CREATE TABLE stock_items (
	namespace    TEXT NOT NULL,
	item_uid     TEXT NOT NULL,
	name         TEXT NOT NULL,
	product_id   UUID NOT NULL,
	location     TEXT NOT NULL,
	created_at   TIMESTAMPTZ,
	generation   BIGINT NOT NULL,
	version      BIGINT NOT NULL,
	received     BIGINT NOT NULL,
	sellable     BIGINT NOT NULL,
	safety_stock BIGINT NOT NULL,
	low_stock    BIGINT NOT NULL,
	priority     INTEGER NOT NULL,
	suspended    BOOLEAN NOT NULL,
	untracked    BOOLEAN NOT NULL,
	refused      BIGINT NOT NULL,
	takes_over   BOOLEAN NOT NULL,
	waits        BOOLEAN NOT NULL,
	deleted_at   TIMESTAMPTZ,
	PRIMARY KEY (namespace, item_uid)
);
COMMENT ON TABLE stock_items IS 'The StockItems as their specs say, duplicates and deleted ones included.';
COMMENT ON COLUMN stock_items.namespace IS 'Namespace of the StockItem.';
COMMENT ON COLUMN stock_items.item_uid IS 'Its uid.';
COMMENT ON COLUMN stock_items.name IS 'Its name.';
COMMENT ON COLUMN stock_items.product_id IS 'The product.';
COMMENT ON COLUMN stock_items.location IS 'Where the units are.';
COMMENT ON COLUMN stock_items.created_at IS 'When the object was made: the oldest of a place serves.';
COMMENT ON COLUMN stock_items.generation IS 'Generation of its spec.';
COMMENT ON COLUMN stock_items.version IS 'resourceVersion at which it said so.';
COMMENT ON COLUMN stock_items.received IS 'Units received so far.';
COMMENT ON COLUMN stock_items.sellable IS 'Units of these that may be sold against: fewer until a raise is shown.';
COMMENT ON COLUMN stock_items.safety_stock IS 'Units that are kept back.';
COMMENT ON COLUMN stock_items.low_stock IS 'Units at which stock counts as low; 0 is never.';
COMMENT ON COLUMN stock_items.priority IS 'Locations of a higher priority are taken from first.';
COMMENT ON COLUMN stock_items.suspended IS 'Nothing is reserved from it.';
COMMENT ON COLUMN stock_items.untracked IS 'Nobody counts its units.';
COMMENT ON COLUMN stock_items.refused IS 'Carts refused for want of its units.';
COMMENT ON COLUMN stock_items.takes_over IS 'It is to serve once the item that serves its place is gone.';
COMMENT ON COLUMN stock_items.waits IS 'The item that served its place is gone and nobody has said that this one takes over.';
COMMENT ON COLUMN stock_items.deleted_at IS 'When the journal said that the object is gone; NULL while it is there.';

CREATE TABLE stock_movements (
	namespace      TEXT NOT NULL,
	at             TIMESTAMPTZ NOT NULL,
	product_id     UUID NOT NULL,
	location       TEXT NOT NULL,
	kind           TEXT NOT NULL CHECK (kind IN ('RECEIVED', 'RESERVED', 'RELEASED', 'CONSUMED', 'RESTATED')),
	received       BIGINT NOT NULL,
	reserved       BIGINT NOT NULL,
	consumed       BIGINT NOT NULL,
	reservation_id UUID,
	epoch          INTEGER NOT NULL,
	page           BIGINT NOT NULL,
	record         BIGINT NOT NULL,
	superseded     BOOLEAN NOT NULL DEFAULT false,
	PRIMARY KEY (namespace, product_id, location, at, epoch, page, record)
) PARTITION BY RANGE (at);
CREATE INDEX idx_stock_movements_at ON stock_movements USING brin (at);
COMMENT ON TABLE stock_movements IS 'Every change of a balance. A balance at any moment is the sum of these columns over the rows up to it that are not superseded. Partitioned by month.';
COMMENT ON COLUMN stock_movements.namespace IS 'Namespace of the StockItems.';
COMMENT ON COLUMN stock_movements.at IS 'When it was decided.';
COMMENT ON COLUMN stock_movements.product_id IS 'The product.';
COMMENT ON COLUMN stock_movements.location IS 'Where the units are.';
COMMENT ON COLUMN stock_movements.kind IS 'RECEIVED: a StockItem''s spec changed, or the item itself. RESERVED, RELEASED (also what ran out or was replaced), CONSUMED (shipped): a reservation. RESTATED: the difference that a gap left, or the sum of months that were dropped.';
COMMENT ON COLUMN stock_movements.received IS 'Change of the units ever taken in.';
COMMENT ON COLUMN stock_movements.reserved IS 'Change of the units held.';
COMMENT ON COLUMN stock_movements.consumed IS 'Change of the units ever shipped.';
COMMENT ON COLUMN stock_movements.reservation_id IS 'The reservation whose hold it was, if any.';
COMMENT ON COLUMN stock_movements.epoch IS 'The history: see journals.';
COMMENT ON COLUMN stock_movements.page IS 'Number of the journal''s page with the record that says so; with record it is the order of all changes of an epoch.';
COMMENT ON COLUMN stock_movements.record IS 'Index of the record on the page, from 0.';
COMMENT ON COLUMN stock_movements.superseded IS 'It belongs to a history that was abandoned.';

-- Reservations -----------------------------------------------------------------------------------

CREATE TABLE reservations (
	reservation_id  UUID NOT NULL DEFAULT gen_random_uuid(),
	order_id        UUID,
	cart_id         UUID,
	status          TEXT NOT NULL DEFAULT 'HELD' CHECK (status IN ('HELD', 'RELEASED', 'CONSUMED')),
	created_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
	namespace       TEXT NOT NULL,
	object_uid      TEXT,
	object_name     TEXT,
	object_version  BIGINT NOT NULL DEFAULT 0,
	object_gone     BOOLEAN NOT NULL DEFAULT false,
	expires_at      TIMESTAMPTZ,
	first_expires_at TIMESTAMPTZ,
	released_at     TIMESTAMPTZ,
	consumed_at     TIMESTAMPTZ,
	ended_at        TIMESTAMPTZ,
	release_reason  TEXT,
	replaces        UUID,
	replaced_by     UUID,
	outcome_id      UUID NOT NULL,
	outcome_number  BIGINT NOT NULL,
	command_source  TEXT,
	command_id      TEXT,
	command_time    TIMESTAMPTZ,
	correlation_id  TEXT,
	actor           TEXT,
	released_by     TEXT,
	consumed_by     TEXT,
	epoch           INTEGER NOT NULL,
	page            BIGINT NOT NULL,
	record          BIGINT NOT NULL,
	PRIMARY KEY (reservation_id, created_at, namespace)
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_reservations_order ON reservations (order_id);
CREATE INDEX idx_reservations_held ON reservations (namespace, expires_at) WHERE status = 'HELD';
CREATE INDEX idx_reservations_object ON reservations (object_uid) WHERE object_uid IS NOT NULL;
CREATE INDEX idx_reservations_number ON reservations USING brin (outcome_number);
COMMENT ON TABLE reservations IS 'Published: the carts that got what they asked for. Those that did not are in refusals. Partitioned by month of created_at.';
COMMENT ON COLUMN reservations.reservation_id IS 'Its id.';
COMMENT ON COLUMN reservations.order_id IS 'The order that the cart became, as far as anybody has named it.';
COMMENT ON COLUMN reservations.cart_id IS 'The cart.';
COMMENT ON COLUMN reservations.status IS 'HELD while any unit is held; then CONSUMED if any unit was shipped, else RELEASED.';
COMMENT ON COLUMN reservations.created_at IS 'When it was decided.';
COMMENT ON COLUMN reservations.namespace IS 'Namespace of the stock.';
COMMENT ON COLUMN reservations.object_uid IS 'uid of the Reservation object that shows it; NULL while none is known.';
COMMENT ON COLUMN reservations.object_name IS 'Name of the object, where it is not the reservation''s id.';
COMMENT ON COLUMN reservations.object_version IS 'resourceVersion at which the object was known, 0 for none.';
COMMENT ON COLUMN reservations.object_gone IS 'The object is no more.';
COMMENT ON COLUMN reservations.expires_at IS 'When the hold runs out; NULL is never.';
COMMENT ON COLUMN reservations.first_expires_at IS 'When it would have run out as it was decided, where it was extended since.';
COMMENT ON COLUMN reservations.released_at IS 'When units of it were last given back; NULL if none were.';
COMMENT ON COLUMN reservations.consumed_at IS 'When units of it were last shipped; NULL if none were.';
COMMENT ON COLUMN reservations.ended_at IS 'When nothing was held any more; NULL while something is.';
COMMENT ON COLUMN reservations.release_reason IS 'Why what was not shipped went back: EXPIRED, REPLACED, Released, LOST_IN_GAP (nobody knows how it ended: see journal_gaps), or what the caller gave.';
COMMENT ON COLUMN reservations.replaces IS 'The reservation whose hold it took over.';
COMMENT ON COLUMN reservations.replaced_by IS 'The reservation that took over its hold.';
COMMENT ON COLUMN reservations.outcome_id IS 'The outcome''s event is this id and .reserved: see delivered_events.';
COMMENT ON COLUMN reservations.outcome_number IS 'Counts the namespace''s outcomes, refusals included.';
COMMENT ON COLUMN reservations.command_source IS 'CloudEvents source of the command; NULL for a cart that is an object.';
COMMENT ON COLUMN reservations.command_id IS 'CloudEvents id of the command.';
COMMENT ON COLUMN reservations.command_time IS 'The command''s own time.';
COMMENT ON COLUMN reservations.correlation_id IS 'CloudEvents extension correlationid of the command.';
COMMENT ON COLUMN reservations.actor IS 'Who asked for the cart. Blanked after --keep-actors.';
COMMENT ON COLUMN reservations.released_by IS 'Who last gave units back. Blanked after --keep-actors.';
COMMENT ON COLUMN reservations.consumed_by IS 'Who last said that units were shipped. Blanked after --keep-actors.';
COMMENT ON COLUMN reservations.epoch IS 'The history of the last change: see journals.';
COMMENT ON COLUMN reservations.page IS 'Number of the page with the record that last changed it.';
COMMENT ON COLUMN reservations.record IS 'Index of that record on the page, from 0.';

CREATE TABLE reservation_items (
	reservation_id UUID NOT NULL,
	product_id     UUID NOT NULL,
	quantity       BIGINT NOT NULL CHECK (quantity > 0),
	created_at     TIMESTAMPTZ NOT NULL,
	namespace      TEXT NOT NULL,
	consumed       BIGINT NOT NULL DEFAULT 0,
	released       BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (reservation_id, product_id, created_at, namespace),
	FOREIGN KEY (reservation_id, created_at, namespace) REFERENCES reservations (reservation_id, created_at, namespace) ON DELETE CASCADE
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE reservation_items IS 'Published: what each reservation got, by product. Partitioned as reservations are.';
COMMENT ON COLUMN reservation_items.reservation_id IS 'The reservation.';
COMMENT ON COLUMN reservation_items.product_id IS 'The product.';
COMMENT ON COLUMN reservation_items.quantity IS 'Units asked for, which are those reserved.';
COMMENT ON COLUMN reservation_items.created_at IS 'created_at of the reservation.';
COMMENT ON COLUMN reservation_items.namespace IS 'Namespace of the reservation.';
COMMENT ON COLUMN reservation_items.consumed IS 'Units shipped so far, over all locations.';
COMMENT ON COLUMN reservation_items.released IS 'Units given back so far.';

CREATE TABLE reservation_allocations (
	reservation_id UUID NOT NULL,
	product_id     UUID NOT NULL,
	location       TEXT NOT NULL,
	quantity       BIGINT NOT NULL,
	consumed       BIGINT NOT NULL,
	released       BIGINT NOT NULL,
	created_at     TIMESTAMPTZ NOT NULL,
	namespace      TEXT NOT NULL,
	PRIMARY KEY (created_at, reservation_id, product_id, location, namespace)
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE reservation_allocations IS 'Where the units of each reservation are from, and what became of them. quantity - consumed - released units are held. Partitioned as reservations are; without a foreign key, which would cost more than the row.';
COMMENT ON COLUMN reservation_allocations.reservation_id IS 'The reservation.';
COMMENT ON COLUMN reservation_allocations.product_id IS 'The product.';
COMMENT ON COLUMN reservation_allocations.location IS 'Where the units are from.';
COMMENT ON COLUMN reservation_allocations.quantity IS 'Units reserved here: 0 where all were shipped from elsewhere.';
COMMENT ON COLUMN reservation_allocations.consumed IS 'Units shipped from here.';
COMMENT ON COLUMN reservation_allocations.released IS 'Units given back here.';
COMMENT ON COLUMN reservation_allocations.created_at IS 'created_at of the reservation.';
COMMENT ON COLUMN reservation_allocations.namespace IS 'Namespace of the reservation.';

CREATE TABLE refusals (
	reservation_id UUID NOT NULL,
	order_id       UUID,
	cart_id        UUID,
	created_at     TIMESTAMPTZ NOT NULL,
	namespace      TEXT NOT NULL,
	object_uid     TEXT,
	object_name    TEXT,
	object_version BIGINT NOT NULL DEFAULT 0,
	object_gone    BOOLEAN NOT NULL DEFAULT false,
	replaces       UUID,
	outcome_id     UUID NOT NULL,
	outcome_number BIGINT NOT NULL,
	command_source TEXT,
	command_id     TEXT,
	command_time   TIMESTAMPTZ,
	correlation_id TEXT,
	actor          TEXT,
	epoch          INTEGER NOT NULL,
	page           BIGINT NOT NULL,
	record         BIGINT NOT NULL,
	PRIMARY KEY (reservation_id, created_at, namespace)
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_refusals_order ON refusals (order_id);
CREATE INDEX idx_refusals_number ON refusals USING brin (outcome_number);
COMMENT ON TABLE refusals IS 'The carts that could not be served. Partitioned by month of created_at.';
COMMENT ON COLUMN refusals.reservation_id IS 'The id that the reservation would have had.';
COMMENT ON COLUMN refusals.order_id IS 'The order, as far as anybody has named it.';
COMMENT ON COLUMN refusals.cart_id IS 'The cart.';
COMMENT ON COLUMN refusals.created_at IS 'When it was decided.';
COMMENT ON COLUMN refusals.namespace IS 'Namespace of the stock.';
COMMENT ON COLUMN refusals.object_uid IS 'uid of the Reservation object that shows it; NULL while none is known.';
COMMENT ON COLUMN refusals.object_name IS 'Name of the object, where it is not the reservation''s id.';
COMMENT ON COLUMN refusals.object_version IS 'resourceVersion at which the object was known, 0 for none.';
COMMENT ON COLUMN refusals.object_gone IS 'The object is no more.';
COMMENT ON COLUMN refusals.replaces IS 'The reservation whose hold it would have taken over.';
COMMENT ON COLUMN refusals.outcome_id IS 'The outcome''s event is this id and .unavailable: see delivered_events.';
COMMENT ON COLUMN refusals.outcome_number IS 'Counts the namespace''s outcomes, reservations included.';
COMMENT ON COLUMN refusals.command_source IS 'CloudEvents source of the command; NULL for a cart that is an object.';
COMMENT ON COLUMN refusals.command_id IS 'CloudEvents id of the command.';
COMMENT ON COLUMN refusals.command_time IS 'The command''s own time.';
COMMENT ON COLUMN refusals.correlation_id IS 'CloudEvents extension correlationid of the command.';
COMMENT ON COLUMN refusals.actor IS 'Who asked for the cart. Blanked after --keep-actors.';
COMMENT ON COLUMN refusals.epoch IS 'The history of the last change: see journals.';
COMMENT ON COLUMN refusals.page IS 'Number of the page with the record that last changed it.';
COMMENT ON COLUMN refusals.record IS 'Index of that record on the page, from 0.';

CREATE TABLE refusal_items (
	reservation_id UUID NOT NULL,
	product_id     UUID NOT NULL,
	quantity       BIGINT NOT NULL,
	short          BOOLEAN NOT NULL,
	available      BIGINT,
	created_at     TIMESTAMPTZ NOT NULL,
	namespace      TEXT NOT NULL,
	PRIMARY KEY (created_at, reservation_id, product_id, namespace)
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE refusal_items IS 'What refused carts asked for, and which of it was short. Partitioned as refusals are.';
COMMENT ON COLUMN refusal_items.reservation_id IS 'The refused cart.';
COMMENT ON COLUMN refusal_items.product_id IS 'The product.';
COMMENT ON COLUMN refusal_items.quantity IS 'Units asked for.';
COMMENT ON COLUMN refusal_items.short IS 'There were not enough: it is for this item that the cart was refused.';
COMMENT ON COLUMN refusal_items.available IS 'Units that there were, where it was short.';
COMMENT ON COLUMN refusal_items.created_at IS 'created_at of the refusal.';
COMMENT ON COLUMN refusal_items.namespace IS 'Namespace of the refusal.';

CREATE TABLE delivered_events (
	event_id       TEXT NOT NULL,
	namespace      TEXT NOT NULL,
	reservation_id UUID NOT NULL,
	created_at     TIMESTAMPTZ NOT NULL,
	delivered_at   TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (event_id, created_at)
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE delivered_events IS 'The events of outcomes that the journal says were delivered: sent and accepted, or passed to the dead-letter sink. Where no sink is configured, outcomes count as delivered at once. Partitioned by month of created_at.';
COMMENT ON COLUMN delivered_events.event_id IS 'CloudEvents id of the event: the outcome''s id and .reserved or .unavailable.';
COMMENT ON COLUMN delivered_events.namespace IS 'Namespace of the reservation.';
COMMENT ON COLUMN delivered_events.reservation_id IS 'The reservation or refusal that it tells of.';
COMMENT ON COLUMN delivered_events.created_at IS 'created_at of that.';
COMMENT ON COLUMN delivered_events.delivered_at IS 'When the journal said so: a while after the delivery.';

-- +goose Down
DROP TABLE delivered_events, refusal_items, refusals, reservation_allocations, reservation_items, reservations,
	stock_movements, stock_items, stock_locations, stock, superseded_rows, journal_gaps, journal_pages,
	journal_positions, journals, ids, archive_origin;
