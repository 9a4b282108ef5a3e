package retention

import (
	"fmt"
	"strconv"
	"time"
)

// Age is how long something is kept: the zero value is for ever.
type Age struct{ years, months, days int }

// ParseAge reads an age such as 3y, 18m or 90d: years, months or days. Empty is for ever.
func ParseAge(text string) (Age, error) {
	if text == "" {
		return Age{}, nil
	}
	unit := text[len(text)-1]
	n, err := strconv.Atoi(text[:len(text)-1])
	if err == nil && n > 0 && n <= 1000_000 {
		switch unit {
		case 'y':
			return Age{years: n}, nil
		case 'm':
			return Age{months: n}, nil
		case 'd':
			return Age{days: n}, nil
		}
	}
	return Age{}, fmt.Errorf("%q is no age: give years, months or days, such as 3y, 18m or 90d", text)
}

// IsZero tells whether it is for ever.
func (a Age) IsZero() bool { return a == Age{} }

// Before is the moment that is so long before another.
func (a Age) Before(now time.Time) time.Time { return now.UTC().AddDate(-a.years, -a.months, -a.days) }

// String is what ParseAge reads.
func (a Age) String() string {
	switch {
	case a.years > 0:
		return fmt.Sprintf("%dy", a.years)
	case a.months > 0:
		return fmt.Sprintf("%dm", a.months)
	case a.days > 0:
		return fmt.Sprintf("%dd", a.days)
	default:
		return ""
	}
}

// Set implements flag.Value.
func (a *Age) Set(text string) (err error) {
	*a, err = ParseAge(text)
	return err
}
