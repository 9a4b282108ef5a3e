package testbed

import (
	"sync"
)

// Clients is how many clients there are at a time.
const Clients = 64

// InParallel does n things with that many clients.
func InParallel(n int, do func(i int)) {
	var group sync.WaitGroup
	next := make(chan int)
	for range Clients {
		group.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}
