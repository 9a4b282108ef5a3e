package stock

// The fields of records, in the order of their keys. A key is never given to another field.
// The struct tags say the same, for readers with code of their own.

func (t *Term) fields(c *coder) {
	c.text(1, &t.Leader)
	signed(c, 2, &t.At)
}

func (i *Item) fields(c *coder) {
	c.id(1, &i.UID)
	c.text(2, &i.Name)
	c.id(3, &i.Product)
	c.text(4, &i.Location)
	signed(c, 5, &i.Created)
	signed(c, 6, &i.Generation)
	unsigned(c, 7, &i.Version)
	signed(c, 8, &i.Received)
	signed(c, 9, &i.Sellable)
	signed(c, 10, &i.SafetyStock)
	signed(c, 11, &i.LowStock)
	signed(c, 12, &i.Priority)
	c.flag(13, &i.Suspended)
	signed(c, 14, &i.Refused)
	c.flag(15, &i.TakesOver)
	c.flag(16, &i.Waits)
	c.flag(17, &i.Untracked)
}

func (i *ItemRecord) fields(c *coder) {
	i.Item.fields(c)
	signed(c, 30, &i.At)
}

func (i *ItemGone) fields(c *coder) {
	c.id(1, &i.UID)
	c.text(2, &i.Name)
	unsigned(c, 3, &i.Version)
	signed(c, 30, &i.At)
}

// fields are those of a Reserved and a Cart too.
func (r *Reservation) fields(c *coder) {
	c.id(1, &r.ID)
	unsigned(c, 2, &r.Phase)
	c.id(3, &r.Outcome)
	unsigned(c, 4, &r.Number)
	c.id(5, &r.Cart)
	c.id(6, &r.Customer)
	c.id(7, &r.Order)
	c.id(8, &r.LaterOrder)
	nested(c, 9, &r.Command, (*Command).fields)
	nested(c, 10, &r.Object, (*Object).fields)
	list(c, 11, &r.Lines, (*Line).fields)
	list(c, 12, &r.Allocations, (*Allocation).fields)
	list(c, 13, &r.Short, (*Shortage).fields)
	signed(c, 14, &r.At)
	signed(c, 15, &r.Expires)
	signed(c, 16, &r.Ended)
	c.text(17, &r.Reason)
	c.id(18, &r.Actor)
	c.texts(19, &r.Extensions)
	c.id(20, &r.Replaces)
	c.id(21, &r.ReplacedBy)
	signed(c, 22, &r.FirstExpires)
	c.id(23, &r.ReleasedBy)
	c.id(24, &r.ConsumedBy)
}

func (m *Command) fields(c *coder) {
	c.text(1, &m.Source)
	c.id(2, &m.ID)
	signed(c, 3, &m.Time)
	c.text(4, &m.Hash)
	c.flag(5, &m.Given)
}

func (o *Object) fields(c *coder) {
	c.id(1, &o.UID)
	c.text(2, &o.Name)
	unsigned(c, 3, &o.Version)
	c.flag(4, &o.Gone)
}

func (l *Line) fields(c *coder) {
	c.id(1, &l.Product)
	signed(c, 2, &l.Quantity)
}

func (a *Allocation) fields(c *coder) {
	c.id(1, &a.Product)
	c.text(2, &a.Location)
	signed(c, 3, &a.Quantity)
	signed(c, 4, &a.Consumed)
	signed(c, 5, &a.Released)
}

func (s *Shortage) fields(c *coder) {
	c.id(1, &s.Product)
	signed(c, 2, &s.Requested)
	signed(c, 3, &s.Available)
}

func (r *Refused) fields(c *coder) {
	r.Reservation.fields(c)
	list(c, 40, &r.Counts, (*RefusedCount).fields)
}

func (r *RefusedCount) fields(c *coder) {
	c.id(1, &r.Item)
	signed(c, 2, &r.Refused)
}

// fields are those of a Released too.
func (h *Change) fields(c *coder) {
	c.id(1, &h.Reservation)
	unsigned(c, 2, &h.Phase)
	list(c, 3, &h.Allocations, (*Allocation).fields)
	c.text(4, &h.Reason)
	signed(c, 5, &h.Ended)
	c.id(6, &h.ReplacedBy)
	c.id(7, &h.Actor)
	signed(c, 30, &h.At)
}

func (r *Consumed) fields(c *coder) {
	r.Change.fields(c)
	list(c, 40, &r.Totals, (*Total).fields)
}

func (t *Total) fields(c *coder) {
	c.id(1, &t.Product)
	c.text(2, &t.Location)
	signed(c, 3, &t.Consumed)
}

func (t *TotalRecord) fields(c *coder) {
	t.Total.fields(c)
	signed(c, 30, &t.At)
}

func (e *Extended) fields(c *coder) {
	c.id(1, &e.Reservation)
	signed(c, 2, &e.Expires)
	c.id(3, &e.Actor)
	signed(c, 30, &e.At)
}

func (o *Ordered) fields(c *coder) {
	c.id(1, &o.Reservation)
	c.id(2, &o.Order)
	c.id(3, &o.Actor)
	signed(c, 30, &o.At)
}

func (r *ReaderRecord) fields(c *coder) {
	c.text(1, &r.Name)
	c.text(2, &r.Position)
	signed(c, 30, &r.At)
}

func (s *Shown) fields(c *coder) {
	c.id(1, &s.Reservation)
	nested(c, 2, &s.Object, (*Object).fields)
	signed(c, 30, &s.At)
}

func (f *Founded) fields(c *coder) {
	c.text(1, &f.Replaces)
	signed(c, 30, &f.At)
}

func (r *RestoreRecord) fields(c *coder) {
	unsigned(c, 1, &r.Stage)
	c.text(2, &r.Digest)
	c.text(3, &r.From)
	signed(c, 30, &r.At)
}
