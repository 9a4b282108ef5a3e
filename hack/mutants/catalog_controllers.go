package main

// ofControllers are the faults of the reconcilers, and of their mirror in the model
// check.
var ofControllers = []mutant{
	{
		name:  "blind-status-write",
		fault: "a Reservation's status, such as an expiry's, is written over a version that was never read",
		patches: []patch{{
			file: "controllers/reservation.go",
			old:  `if err := r.Status().Update(ctx, rsv); err != nil {`,
			new: `if MUTANT {
		stored := &v1.Reservation{}
		if r.APIReader.Get(ctx, client.ObjectKeyFromObject(rsv), stored) == nil {
			rsv.ResourceVersion = stored.ResourceVersion
		}
	}
	if err := r.Status().Update(ctx, rsv); err != nil {`,
		}, {
			file: "internal/allocator/modelreconcile_test.go",
			old:  `t := &modelTask{kind: taskCart}`,
			new: `if MUTANT {
		r.ResourceVersion = ""
	}
	t := &modelTask{kind: taskCart}`,
		}},
		caughtBy: by(model("expiry_against_consume"), unit(controllersPackage, "TestDecideAgainstRealConflicts")),
	},
	{
		name:  "outcome-told-before-written",
		fault: "an outcome is told before it is written",
		patches: []patch{{
			file: "controllers/reservation.go",
			old:  `ctx, cancel := context.WithTimeout(ctx, writeTimeout)`,
			new: `if MUTANT {
		r.announce(rsv)
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)`,
		}},
		caughtBy: by(simulation(), unit(controllersPackage, "TestLostAnswer")),
	},
	{
		name:  "spec-shown-without-proof",
		fault: "a StockItem's new spec is shown without proof that it binds all operators",
		patches: []patch{{
			file: "controllers/stockitem.go",
			old:  `if item.Status.ObservedGeneration == item.Generation {`,
			new:  `if item.Status.ObservedGeneration == item.Generation || MUTANT {`,
		}, {
			file: "internal/allocator/modelreconcile_test.go",
			old:  `if o.item.Status.ObservedGeneration == o.item.Generation {`,
			new:  `if o.item.Status.ObservedGeneration == o.item.Generation || MUTANT {`,
		}},
		caughtBy: by(model("received_lowered"), unit(controllersPackage, "TestStockItemIsNotShownWithoutProof")),
	},
	{
		name:  "deleted-before-delivery",
		fault: "a Reservation is deleted before its outcome is delivered",
		patches: []patch{{
			file: "controllers/retention.go",
			old:  `return 0, t.Delivered(rsv)`,
			new:  `return 0, t.Delivered(rsv) || MUTANT`,
		}},
		caughtBy: by(simulation(), unit(controllersPackage, "TestRetentionDue")),
	},
}
