package stock

// blank returns an empty record of a kind, nil where the kind is not known.
func blank(kind Kind) coded {
	switch kind {
	case KindTerm:
		return &Term{}
	case KindItem:
		return &ItemRecord{}
	case KindItemGone:
		return &ItemGone{}
	case KindReserved:
		return &Reserved{}
	case KindRefused:
		return &Refused{}
	case KindReleased:
		return &Released{}
	case KindConsumed:
		return &Consumed{}
	case KindExtended:
		return &Extended{}
	case KindOrdered:
		return &Ordered{}
	case KindReader:
		return &ReaderRecord{}
	case KindShown:
		return &Shown{}
	case KindCart:
		return &Cart{}
	case KindTotal:
		return &TotalRecord{}
	case KindFounded:
		return &Founded{}
	case KindRestore:
		return &RestoreRecord{}
	default:
		return nil
	}
}

// pointerTo returns a pointer to a record, nil for one of another package.
func pointerTo(record Record) coded {
	switch r := record.(type) {
	case coded:
		return r
	case Term:
		return &r
	case ItemRecord:
		return &r
	case ItemGone:
		return &r
	case Reserved:
		return &r
	case Refused:
		return &r
	case Released:
		return &r
	case Consumed:
		return &r
	case Extended:
		return &r
	case Ordered:
		return &r
	case ReaderRecord:
		return &r
	case Shown:
		return &r
	case Cart:
		return &r
	case TotalRecord:
		return &r
	case Founded:
		return &r
	case RestoreRecord:
		return &r
	default:
		return nil
	}
}
