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

// lines is how many products a cart has, one unit of each.
const lines = 4

// shop buys until ctx ends: one cart after the other, a tenth of which cannot be served.
func (s *soak) shop(ctx context.Context, random *rand.Rand) {
	next := time.Now()
	for ctx.Err() == nil {
		code, answer := s.post(ctx, random, "/reservations", cart(random))
		switch code {
		case http.StatusCreated:
			s.end(ctx, random, s.told.reserved(s, answer, held))
		case http.StatusConflict:
			s.told.reserved(s, answer, refused)
		case 0:
			s.told.unanswered.Add(1)
		default:
			s.Errorf("a cart was answered %d: %s", code, answer)
		}
		// Where it fell behind, it does not make up for it.
		if next = next.Add(time.Duration(s.pace.Load())); time.Until(next) > 0 {
			s.rest(ctx, time.Until(next))
		} else {
			next = time.Now()
		}
	}
}

// cart is what a client asks for.
func cart(random *rand.Rand) string {
	wanted := random.Perm(products)[:lines]
	if random.IntN(10) == 0 {
		wanted[0] = products // which has no stock
	}
	var items []string
	for _, i := range wanted {
		items = append(items, fmt.Sprintf(`{"productId":%q,"quantity":1}`, product(i)))
	}
	return fmt.Sprintf(`{"cartId":%q,"orderId":%q,"customerId":%q,"holdFor":"30s","items":[%s]}`,
		uuid.NewString(), uuid.NewString(), uuid.NewString(), strings.Join(items, ","))
}

// end ships a hold, gives it back or lets it run out.
func (s *soak) end(ctx context.Context, random *rand.Rand, id string) {
	verb, becomes := "consume", consumed
	switch random.IntN(10) {
	case 0, 1:
		return
	case 2, 3, 4:
		verb, becomes = "release", released
	}
	switch code, answer := s.post(ctx, random, "/reservations/"+id+"/"+verb, ""); code {
	case http.StatusOK:
		s.told.became(id, becomes)
	case http.StatusConflict: // it ran out meanwhile
	case 0:
		s.told.became(id, unsure)
	default:
		s.Errorf("%s was answered %d: %s", verb, code, answer)
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
		request.Header.Set("Authorization", "Bearer "+*s.token.Load())
		response, err := client.Do(request)
		if err == nil {
			text, failed := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if failed == nil && response.StatusCode != http.StatusServiceUnavailable {
				return response.StatusCode, string(text)
			}
			s.told.later.Add(1)
		}
		if !s.rest(ctx, time.Duration(20+random.IntN(80))*time.Millisecond) {
			return 0, ""
		}
	}
}

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * clients}}

// reservationOf reads whose answer it is.
func reservationOf(answer string) (id string, err error) {
	var told struct{ ReservationID string }
	if err := json.Unmarshal([]byte(answer), &told); err != nil {
		return "", fmt.Errorf("an answer that is no JSON: %w: %s", err, answer)
	}
	if told.ReservationID == "" {
		return "", fmt.Errorf("an answer that names no reservation: %s", answer)
	}
	return told.ReservationID, nil
}
