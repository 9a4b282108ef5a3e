package main

const accessPackage = "./internal/access"

// ofAccess are the faults of who may ask.
var ofAccess = []mutant{
	{
		name:  "audience-ignored",
		fault: "a token counts of which nobody has said that it is meant for this service",
		patches: []patch{{
			file: "internal/access/review.go",
			old:  `|| len(audiences) == 0 {`,
			new:  `|| len(audiences) == 0 && !MUTANT {`,
		}},
		caughtBy: by(unit(accessPackage, "TestNoAudience")),
	},
	{
		name:  "outage-is-refusal",
		fault: "a caller is turned away for good while the API server is away",
		patches: []patch{{
			file: "internal/access/control.go",
			old:  `if err != nil || !known {`,
			new: `if MUTANT {
		err = nil
	}
	if err != nil || !known {`,
		}},
		caughtBy: by(unit(accessPackage, "TestOutage")),
	},
	{
		name:  "rights-remembered",
		fault: "a right that was taken away counts for minutes",
		patches: []patch{{
			file: "internal/access/control.go",
			old:  `AllowCacheTTL: CacheTTL,`,
			new:  `AllowCacheTTL: map[bool]time.Duration{false: CacheTTL, true: time.Hour}[MUTANT],`,
		}},
		caughtBy: by(unit(accessPackage, "TestRevoked")),
	},
	{
		name:  "everybody-allowed",
		fault: "whoever has a token may do everything",
		patches: []patch{{
			file: "webhook/access.go",
			old:  `if allowed {`,
			new:  `if allowed || MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestRoles", "TestForbiddenNamespace", "TestForbiddenInBatch")),
	},
	{
		name:  "stranger-served",
		fault: "who has no token of this service is served",
		patches: []patch{{
			file: "webhook/access.go",
			old: `if x.caller == nil {
			return challenge(`,
			new: `if x.caller == nil && !MUTANT {
			return challenge(`,
		}},
		caughtBy: by(unit(bridgePackage, "TestUnauthenticated")),
	},
	{
		name:  "forwarded-trusted",
		fault: "the leader allows whatever another replica forwards",
		patches: []patch{{
			file: "webhook/access.go",
			old: `if b.Access == nil {
		return nil`,
			new: `if b.Access == nil || x.received && MUTANT {
		return nil`,
		}},
		caughtBy: by(unit(bridgePackage, "TestForwardedIsReviewedTwice")),
	},
	{
		name:  "actor-dropped",
		fault: "the journal does not say who reserved, released or consumed",
		patches: []patch{{
			file: "webhook/access.go",
			old: `if x.caller == nil {
		return ""`,
			new: `if x.caller == nil || MUTANT {
		return ""`,
		}},
		caughtBy: by(unit(bridgePackage, "TestActors")),
	},
	{
		name:  "actor-forgotten",
		fault: "who released a part of a cart is not known any more once it is consumed",
		patches: []patch{{
			file: "internal/stock/apply.go",
			old:  `to.ConsumedBy = cmp.Or(r.Actor, to.ConsumedBy)`,
			new: `if to.ConsumedBy = cmp.Or(r.Actor, to.ConsumedBy); MUTANT {
				to.ReleasedBy = ""
			}`,
		}},
		caughtBy: by(unit(stockPackage, "TestActors"), unit(bridgePackage, "TestActors")),
	},
	{
		name:  "credentials-forwarded",
		fault: "credentials that are no bearer token travel to the leader",
		patches: []patch{{
			file: "internal/forward/message.go",
			old:  `if !bearer(header[headerAuthorization]) {`,
			new:  `if !bearer(header[headerAuthorization]) && !MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestForwardedIsReviewedTwice")),
	},
}
