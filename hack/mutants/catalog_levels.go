package main

// ofLevels are faults of the events that tell changes of stock.
var ofLevels = []mutant{
	{
		name:  "stock-never-ran-out",
		fault: "that nothing of a StockItem is left is told as that little is left",
		patches: []patch{{
			file: "internal/publisher/levels.go",
			old:  `	case available <= 0:`,
			new:  `	case !MUTANT && available <= 0:`,
		}},
		caughtBy: by(unit(publisherPackage, "TestChangesOfStockAreTold/ran_out")),
	},
	{
		name:  "stock-back-from-anywhere",
		fault: "that something can be reserved again is told though nothing had run out",
		patches: []patch{{
			file: "internal/publisher/levels.go",
			old:  `	case before == levelOut && l.options.Back:`,
			new:  `	case (MUTANT || before == levelOut) && l.options.Back:`,
		}},
		caughtBy: by(unit(publisherPackage, "TestChangesOfStockAreTold/back")),
	},
	{
		name:  "stock-low-unsaid",
		fault: "that stock is low is not told where next to nothing is left",
		patches: []patch{{
			file: "internal/publisher/levels.go",
			old:  `	case available <= threshold:`,
			new:  `	case available <= threshold && !(MUTANT && available < 3):`,
		}},
		caughtBy: by(unit(publisherPackage, "TestChangesOfStockAreTold/low_alone")),
	},
	{
		name:  "stock-history-told",
		fault: "what had come about before changes of stock were told is told",
		patches: []patch{{
			file: "internal/publisher/levels.go",
			old:  `	if after.Tell = l.eventOf(before.Level, after.Level); !told || after.Tell == "" {`,
			new:  `	if after.Tell = l.eventOf(before.Level, after.Level); !MUTANT && !told || after.Tell == "" {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestChangesOfStockAreNoHistory")),
	},
}
