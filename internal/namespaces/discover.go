package namespaces

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// discover begins the namespaces that have a journal, which may be all that is left in
// them: somebody waits for its outcomes.
func (s *Set) discover(ctx context.Context) {
	pause := wait.Backoff{Duration: time.Second, Factor: 2, Jitter: 0.5, Steps: 6, Cap: 30 * time.Second}
	s.running.Go(func() {
		for ctx.Err() == nil {
			names, err := s.options.Pages(ctx)
			if err == nil {
				for _, name := range names {
					s.See(name)
				}
				return
			}
			log.FromContext(ctx).V(1).Info("the namespaces that have a journal are not listed yet", "error", err.Error())
			select {
			case <-ctx.Done():
			case <-time.After(pause.Step()):
			}
		}
	})
}
