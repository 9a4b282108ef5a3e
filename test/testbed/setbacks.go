package testbed

import (
	"net/http"
)

// Setbacks are what can become of a write while its operator lives. Those that
// withhold it serve it through late, some time after.
func Setbacks(late chan *Passage) []Setback {
	return []Setback{
		{Name: "request lost", Faults: []Fault{LoseRequest}},
		{Name: "answer lost", Faults: []Fault{LoseAnswer}},
		{Name: "request lost twice", Faults: []Fault{LoseRequest, LoseRequest}},
		{Name: "409", Faults: []Fault{Answer(http.StatusConflict)}},
		{Name: "429", Faults: []Fault{Answer(http.StatusTooManyRequests)}},
		{Name: "500", Faults: []Fault{Answer(http.StatusInternalServerError)}},
		{Name: "503", Faults: []Fault{Answer(http.StatusServiceUnavailable)}},
		{Name: "409 and served", Faults: []Fault{ServeAndAnswer(http.StatusConflict)}},
		{Name: "504 and served", Faults: []Fault{ServeAndAnswer(http.StatusGatewayTimeout)}},
		{Name: "served before the next attempt", Faults: []Fault{Withhold(late), OvertakenBy(late)}},
		{Name: "served in the end", Faults: []Fault{Withhold(late)}, Late: true},
	}
}

// Setback breaks the first writes at a point, one after the other.
type Setback struct {
	Name   string
	Faults []Fault
	// Late says that the write is served when everything is over.
	Late bool
}
