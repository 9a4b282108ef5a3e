package journal

import (
	"context"
	"sync"
	"time"
)

// +kubebuilder:rbac:groups=inventory.acme.com,resources=journalpages,verbs=get;list;watch;create;update
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get

// Store performs the effects of one namespace's Log against an API server, and sends
// their events. It decides nothing and repeats no write.
//
// Every effect is answered by one event, also where the API server gave no answer. A List
// ends the watch of the one before it: when Perform has returned, no event of that watch is
// sent any more. Whoever calls Perform is the one who receives the events, in between.
type Store struct {
	client    *Client
	namespace string
	options   StoreOptions
	ctx       context.Context
	events    chan<- Event
	running   sync.WaitGroup

	mu     sync.Mutex
	latest *follower
}

// StoreOptions are what tests make small. The zero value is what production has.
type StoreOptions struct {
	// Timeout bounds each request, 10 s if it is 0.
	Timeout time.Duration
	// Chunk is how many pages are asked for at once, 50 if it is 0.
	Chunk int64
	// Watch is about how long one watch is asked for, 4 minutes if it is 0.
	Watch time.Duration
}

func (o StoreOptions) complete() StoreOptions {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Chunk == 0 {
		o.Chunk = 50
	}
	if o.Watch == 0 {
		o.Watch = 4 * time.Minute
	}
	return o
}
