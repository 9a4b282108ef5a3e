package operator

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/controllers"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/webhook"
)

// A journal has to hold some batches beside each other, and one second some appends.
const (
	minJournalLimit        = 8 << 20
	minJournalCompactAbove = 16 << 10
	minJournalBandwidth    = 64 << 10
)

var showModes = []controllers.ShowMode{controllers.ShowHeld, controllers.ShowAll, controllers.ShowNone}

// validate refuses what parsing a flag by itself does not. It returns the first mistake of each
// subject, those of all subjects at once.
func (o Options) validate() error {
	_, err := o.worksIn()
	return errors.Join(
		o.validateBridge(), o.validateElection(), o.validateCarts(), o.validateObjects(), o.validateJournal(), o.validateSinks(),
		o.archive.Validate(), o.metrics.validate(), o.scope().validate(o.defaultNamespace), err)
}

// validateBridge is validate of what bindBridge binds.
func (o Options) validateBridge() error {
	switch {
	case !slices.Contains(webhook.Replies(), webhook.Reply(o.reply)):
		return fmt.Errorf("--reply is %q: give auto, always or never", o.reply)
	case o.maxInFlight < 1:
		return fmt.Errorf("--max-in-flight is %d: give 1 or more, such as %d", o.maxInFlight, webhook.DefaultMaxInFlight)
	case o.maxInFlightPerCaller < 1:
		return fmt.Errorf("--max-in-flight-per-caller is %d: give 1 or more, such as %d", o.maxInFlightPerCaller, webhook.DefaultMaxInFlightPerCaller)
	case o.authentication != authenticateTokens && o.authentication != authenticateNobody:
		return fmt.Errorf("--authentication is %q: give %s or %s", o.authentication, authenticateTokens, authenticateNobody)
	case o.authentication == authenticateTokens && len(o.audiences()) == 0:
		return fmt.Errorf("--audience is %q: name what tokens are made for, such as %s", o.audience, defaultAudience)
	case (o.tlsCertFile == "") != (o.tlsKeyFile == ""):
		return fmt.Errorf("--tls-cert-file is %q and --tls-private-key-file %q: give both, or neither", o.tlsCertFile, o.tlsKeyFile)
	case o.schemasURL != "" && !absolute(o.schemasURL):
		return fmt.Errorf("--schemas-url is %q: give one like https://inventory.example/schemas", o.schemasURL)
	}
	return nil
}

// validateElection is validate of what bindElection binds.
func (o Options) validateElection() error {
	if !o.leaderElect {
		return nil
	}
	return o.lease.Validate()
}

// validateCarts is validate of what bindCarts binds.
func (o Options) validateCarts() error {
	lowest, highest := v1.MinHoldSeconds*time.Second, v1.MaxHoldSeconds*time.Second
	switch {
	case o.ids != v1.UUIDs && o.ids != v1.AnyIDs:
		return fmt.Errorf("--ids is %q: give %s or %s", o.ids, v1.UUIDs, v1.AnyIDs)
	case o.defaultHold < lowest || o.defaultHold > highest:
		return fmt.Errorf("--default-hold is %s: give %s to %s", o.defaultHold, lowest, highest)
	case slices.ContainsFunc(o.foundBy(), func(by string) bool { return by != findByOrder && by != findByCart }):
		return fmt.Errorf("--find-by is %q: give %s, %s, both separated by a comma, or nothing", o.findBy, findByOrder, findByCart)
	case o.retention <= 0:
		return fmt.Errorf("--retention is %s: give more than 0, such as 24h", o.retention)
	case o.auditInterval < 0:
		return fmt.Errorf("--audit-interval is %s: give 0 or more, such as 5m", o.auditInterval)
	}
	return nil
}

// validateObjects is validate of what bindObjects binds.
func (o Options) validateObjects() error {
	switch {
	case !slices.Contains(showModes, controllers.ShowMode(o.show)):
		return fmt.Errorf("--show is %q: give held, all or none", o.show)
	case o.maxShown < 0:
		return fmt.Errorf("--max-shown is %d: give 1 or more, or 0 for no bound", o.maxShown)
	case o.objectRetention <= 0:
		return fmt.Errorf("--object-retention is %s: give more than 0, such as 1h", o.objectRetention)
	case o.workers < 1:
		return fmt.Errorf("--workers is %d: give at least 1", o.workers)
	}
	return nil
}

// validateJournal is validate of what bindJournal binds.
func (o Options) validateJournal() error {
	switch {
	case o.journalLimit < minJournalLimit:
		return fmt.Errorf("--journal-limit is %d: give at least %d bytes", o.journalLimit, minJournalLimit)
	case o.journalCompactAbove < minJournalCompactAbove:
		return fmt.Errorf("--journal-compact-above is %d: give at least %d bytes", o.journalCompactAbove, minJournalCompactAbove)
	case o.journalBandwidth < minJournalBandwidth:
		return fmt.Errorf("--journal-bandwidth is %d: give at least %d bytes a second", o.journalBandwidth, minJournalBandwidth)
	case o.journalFormat < journal.OldestFormat || o.journalFormat > journal.Format:
		return fmt.Errorf("--journal-format is %d: this release knows %d to %d", o.journalFormat, journal.OldestFormat, journal.Format)
	}
	return nil
}

// validateSinks is validate of what bindSinks binds.
func (o Options) validateSinks() error {
	switch {
	case o.sinkTokenFile != "" && o.sinkTokenFile != boundTokenFile() && o.sinkAudience != "":
		return errors.New("--sink-token-file and --sink-audience are both given: give the one that has the token")
	case o.sinkAudience != "" && o.sink == "":
		return errors.New("--sink-audience is given and no --sink: give both or none")
	case o.deadLetterAudience != "" && o.deadLetterSink == "":
		return errors.New("--dead-letter-sink-audience is given and no --dead-letter-sink: give both or none")
	}
	return nil
}

// absolute tells whether a text is the URL of a place that can be asked.
func absolute(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Host != ""
}
