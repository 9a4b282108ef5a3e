package linear

import "fmt"

// stage is how far a Reservation has come.
type stage byte

const (
	none      stage = iota
	held            // decided, and not shown yet
	shown           // Reserved
	refused         // Unavailable
	withdrawn       // Released before it was decided
	released        // Released
	consumed        // Consumed
)

// phases are the stages as they are told.
var phases = [...]string{"Pending", "Pending", "Reserved", "Unavailable", "Released", "Released", "Consumed"}

// intent is what is to become of a hold; the first one stands.
type intent byte

const (
	hold intent = iota
	release
	consume
)

var intents = [...]string{"Hold", "Release", "Consume"}

// standing is where one Reservation stands.
type standing struct {
	stage  stage
	intent intent
	// ship are the units that somebody said were shipped, shipped those that show
	// so.
	ship, shipped Units
	// short is what a refusal said.
	short Units
	// credited says that what it gave back is on sale.
	credited bool
}

// state is where everything stands. It is a value.
type state struct {
	free  Units
	carts string // of standings, one after the other
}

const standingSize = 3 + 3*MaxProducts

func (s state) cart(i int) standing {
	b := s.carts[i*standingSize : (i+1)*standingSize]
	c := standing{stage: stage(b[0]), intent: intent(b[1]), credited: b[2] == 1}
	for p := range MaxProducts {
		c.ship[p], c.shipped[p], c.short[p] = int8(b[3+3*p]), int8(b[4+3*p]), int8(b[5+3*p])
	}
	return c
}

// with is the state with another standing of one cart.
func (s state) with(i int, c standing) state {
	b := []byte(s.carts)
	at := b[i*standingSize : (i+1)*standingSize]
	at[0], at[1], at[2] = byte(c.stage), byte(c.intent), 0
	if c.credited {
		at[2] = 1
	}
	for p := range MaxProducts {
		at[3+3*p], at[4+3*p], at[5+3*p] = byte(c.ship[p]), byte(c.shipped[p]), byte(c.short[p])
	}
	s.carts = string(b)
	return s
}

// shipping is the standing of a cart of which so many units show as shipped.
func (c standing) shipping(shipped, units Units) standing {
	c.ship, c.shipped = shipped, shipped
	if shipped == units {
		c.stage, c.credited = consumed, true
	}
	return c
}

// over tells whether a cart holds nothing any more that it once held.
func (c standing) over() bool { return c.stage == released || c.stage == consumed }

// lapsed tells whether a cart that is over gave units back.
func (c standing) lapsed(units Units) bool { return c.over() && c.shipped != units }

func (s state) String() string {
	text := fmt.Sprint("free ", s.free)
	for i := range len(s.carts) / standingSize {
		if c := s.cart(i); c.stage != none {
			text += fmt.Sprintf("; %d %s/%s %v", i, phases[c.stage], intents[c.intent], c.shipped)
		}
	}
	return text
}
