package publisher

import (
	"net/http"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	tests := map[verdict][]int{
		accepted: {200, 202, 204, 299},
		failed:   {100, 404, 408, 409, 425, 429, 500, 502, 503, 504, 599},
		refused:  {300, 301, 304, 308, 400, 401, 403, 405, 406, 410, 413, 415, 422, 424, 428, 499},
	}
	for want, codes := range tests {
		for _, code := range codes {
			if got := judge(code); got != want {
				t.Errorf("judge(%d) = %d, want %d", code, got, want)
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		header string
		want   time.Duration
	}{
		"none":           {"", 0},
		"seconds":        {"7", 7 * time.Second},
		"too long":       {"86400", time.Hour},
		"overflow":       {"18446744073709551615", 0},
		"largest":        {"9223372036854775807", time.Hour},
		"negative":       {"-5", 0},
		"text":           {"soon", 0},
		"a date":         {now.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		"a past date":    {now.Add(-time.Minute).Format(http.TimeFormat), 0},
		"a distant date": {now.Add(48 * time.Hour).Format(http.TimeFormat), time.Hour},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := retryAfter(test.header, now); got != test.want {
				t.Errorf("retryAfter(%q) = %s, want %s", test.header, got, test.want)
			}
		})
	}
}

func TestBackoffDoublesUpToItsLimit(t *testing.T) {
	highest := func(n int64) int64 { return n - 1 }
	lowest := func(int64) int64 { return 0 }
	b := backoff{base: 200 * time.Millisecond, limit: time.Minute}
	for attempts, want := range map[int]time.Duration{
		1: 200 * time.Millisecond, 2: 400 * time.Millisecond, 3: 800 * time.Millisecond,
		9: 51200 * time.Millisecond, 10: time.Minute, 33: time.Minute, 64: time.Minute, 1 << 40: time.Minute,
	} {
		if got := b.delay(attempts, highest); got != want {
			t.Errorf("after %d attempts at most %s, want %s", attempts, got, want)
		}
		if got := b.delay(attempts, lowest); got != 0 {
			t.Errorf("after %d attempts at least %s, want 0: the jitter is not full", attempts, got)
		}
	}
}
