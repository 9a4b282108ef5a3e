package main

// ofContract are the faults of what the contract says of the service.
var ofContract = []mutant{
	{
		name:  "route-undescribed",
		fault: "the bridge serves a route that the contract does not have",
		patches: []patch{{
			file: "internal/contract/routes.go",
			old:  `return slices.Concat(eventRoutes, reservationRoutes, stockRoutes, documentRoutes, healthRoutes)`,
			new: `all := slices.Concat(eventRoutes, reservationRoutes, stockRoutes, documentRoutes, healthRoutes)
	if MUTANT {
		return all[1:]
	}
	return all`,
		}},
		caughtBy: by(unit(bridgePackage, "TestDocuments")),
	},
	{
		name:  "failure-undescribed",
		fault: "a route answers a kind of failure that the contract does not have for it",
		patches: []patch{{
			file: "internal/contract/routes.go",
			old:  `Failures: with(changing, OrderNamed, NotReserved),`,
			new:  `Failures: with(changing, map[bool]*Failure{true: NotReserved, false: OrderNamed}[MUTANT], NotReserved),`,
		}},
		caughtBy: by(unit(bridgePackage, "TestAttachAndFind")),
	},
	{
		name:  "failure-retried-for-ever",
		fault: "a message that can never succeed is answered with a status on which brokers deliver again",
		patches: []patch{{
			file: "internal/contract/failure.go",
			old:  `"Not found", http.StatusNotFound, http.StatusUnprocessableEntity,`,
			new:  `"Not found", http.StatusNotFound, map[bool]int{true: http.StatusNotFound, false: http.StatusUnprocessableEntity}[MUTANT],`,
		}},
		caughtBy: by(unit(bridgePackage, "TestKindsOfFailures")),
	},
	{
		name:  "message-undescribed",
		fault: "an event is sent of which the contract says nothing",
		patches: []patch{{
			file: "internal/contract/message.go",
			old:  `func Messages() []Message { return append([]Message(nil), messages...) }`,
			new: `func Messages() []Message {
	if MUTANT {
		return append([]Message(nil), messages[1:]...)
	}
	return append([]Message(nil), messages...)
}`,
		}},
		caughtBy: by(unit(bridgePackage, "TestContractIsWhole"), unit("./internal/catalog", "TestCatalogIsFresh")),
	},
	{
		name:  "metric-undescribed",
		fault: "a metric is served that the reference does not tell of",
		patches: []patch{{
			file: "internal/metric/metric.go",
			old:  `registered = append(registered, collectors...)`,
			new: `if !MUTANT {
		registered = append(registered, collectors...)
	}`,
		}},
		caughtBy: by(unit("./internal/reference", "TestMetricsAreDescribed", "TestPagesAreFresh")),
	},
	{
		name:  "column-undescribed",
		fault: "a column of the archive is missing from the reference",
		patches: []patch{{
			file: "internal/contract/table.go",
			old:  `key = strings.Split(found[1], ", ")`,
			new: `key = strings.Split(found[1], ", ")
			if MUTANT {
				all = all[:len(all)-1]
			}`,
		}},
		caughtBy: []catcher{{pkg: "./internal/archive/schema", test: "TestEverythingIsDescribed", env: []string{"REQUIRE_POSTGRES=1"}}},
	},
	{
		name:  "older-schema-named",
		fault: "an event names the schema of an older version than that of its payload",
		patches: []patch{{
			file: "api/events/schema.go",
			old:  `event.SetDataSchema(strings.TrimSuffix(base, "/") + "/" + SchemaPath(event.Type(), version))`,
			new: `if MUTANT {
		version = Version1_0
	}
	event.SetDataSchema(strings.TrimSuffix(base, "/") + "/" + SchemaPath(event.Type(), version))`,
		}},
		caughtBy: by(unit(bridgePackage, "TestDataSchema")),
	},
}
