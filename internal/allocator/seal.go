package allocator

import (
	"encoding/json"
	"hash/fnv"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// sealed is a token with a digest of what the write says about holds and folds. A
// ledger whose token does not fit was edited by hand, or belongs to another ledger:
// it may name less than was promised, so it counts as lost.
func sealed(token string, uid types.UID, s *v1.StockLedgerStatus) string {
	return token + "/" + seal(uid, s)
}

// trusted tells whether a stored ledger is as an operator wrote it, so that it names
// every hold that it should.
func trusted(stored *Stored) bool {
	token := stored.Status.Token
	return token[strings.LastIndexByte(token, '/')+1:] == seal(stored.UID, &stored.Status)
}

// seal digests all that decides what is held and consumed. It is no defence against
// somebody who computes it, but nobody does so by accident.
func seal(uid types.UID, s *v1.StockLedgerStatus) string {
	text, err := json.Marshal(v1.StockLedgerStatus{
		Holder: s.Holder, Epoch: s.Epoch, Recovered: s.Recovered,
		InFlight: s.InFlight, OpenFold: s.OpenFold, LastFold: s.LastFold,
	})
	if err != nil {
		return "" // plain values: cannot fail
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(uid))
	_, _ = h.Write(text)
	return strconv.FormatUint(h.Sum64(), 36)
}
