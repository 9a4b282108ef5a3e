package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// shop buys until ctx ends: one cart of one unit after the other.
func (s *soak) shop(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		product := fmt.Sprintf("p-%d", random.IntN(products))
		if random.IntN(10) == 0 {
			product = "none"
		}
		body := fmt.Sprintf(`{"cartId":%q,"holdFor":"30s","items":[{"productId":%q,"quantity":1}]}`, uuid.NewString(), product)
		code, answer := s.post(ctx, random, "/reservations", body)
		switch code {
		case http.StatusCreated:
			s.carts.Add(1)
			s.end(ctx, random, answer)
		case http.StatusConflict:
			s.carts.Add(1)
			s.refused.Add(1)
		case 0:
		default:
			s.Errorf("a cart was answered %d: %s", code, answer)
		}
	}
}

// end ships a hold, gives it back or lets it run out.
func (s *soak) end(ctx context.Context, random *rand.Rand, reserved string) {
	var told struct{ ReservationID string }
	if err := json.Unmarshal([]byte(reserved), &told); err != nil {
		s.Errorf("an answer that is no JSON: %v: %s", err, reserved)
		return
	}
	path, counter := "/reservations/"+told.ReservationID+"/consume", &s.consumed
	switch random.IntN(10) {
	case 0, 1:
		return
	case 2, 3, 4:
		path, counter = "/reservations/"+told.ReservationID+"/release", &s.released
	}
	switch code, answer := s.post(ctx, random, path, ""); code {
	case http.StatusOK:
		counter.Add(1)
	case 0, http.StatusConflict: // it ran out meanwhile
	default:
		s.Errorf("%s was answered %d: %s", path, code, answer)
	}
}

// post repeats a command, at either operator, until it is answered for good; 0 says that
// it was not.
func (s *soak) post(ctx context.Context, random *rand.Rand, path, body string) (code int, answer string) {
	key := uuid.NewString()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.bridge(random)+path, strings.NewReader(body))
		if err != nil {
			s.Error(err)
			return 0, ""
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", key)
		response, err := client.Do(request)
		if err == nil {
			text, failed := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if failed == nil && response.StatusCode != http.StatusServiceUnavailable {
				return response.StatusCode, string(text)
			}
			s.later.Add(1)
		}
		select {
		case <-ctx.Done():
			s.lost.Add(1)
			return 0, ""
		case <-time.After(time.Duration(20+random.IntN(80)) * time.Millisecond):
		}
	}
}

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * clients}}
