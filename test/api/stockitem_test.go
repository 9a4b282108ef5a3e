package api

import (
	"math"
	"testing"
)

func TestStockItemIDs(t *testing.T) {
	t.Run("productID", func(t *testing.T) {
		checkCreates(t, stockItems, newStockItem(), ids("spec.productID", 128))
	})
	t.Run("locationID", func(t *testing.T) {
		checkCreates(t, stockItems, newStockItem(), locations("spec.locationID", 63))
	})
}

func TestStockItemCreation(t *testing.T) {
	checkCreates(t, stockItems, newStockItem(), map[string]ruleCase{
		"required fields alone": {change: all()},
		"every field": {change: all(set("spec.locationID", "amsterdam-1"), set("spec.safetyStock", int64(2)),
			set("spec.lowStockThreshold", int64(3)), set("spec.suspended", true), set("spec.priority", int64(-5)))},
		"no spec":      {remove("spec"), refuse("spec", "Required value")},
		"no productID": {remove("spec.productID"), refuse("spec.productID", "Required value")},
		"no received":  {change: remove("spec.received")},

		"suspended is text":     {set("spec.suspended", "yes"), refuse("spec.suspended", "must be of type boolean")},
		"priority, highest":     {change: set("spec.priority", int64(1e6))},
		"priority, lowest":      {change: set("spec.priority", int64(-1e6))},
		"priority, too high":    {set("spec.priority", int64(1e6+1)), refuse("spec.priority", "should be less than or equal to 1000000")},
		"priority, too low":     {set("spec.priority", int64(-1e6-1)), refuse("spec.priority", "should be greater than or equal to -1000000")},
		"priority, a fraction":  {set("spec.priority", 0.5), notInteger("spec.priority", "int32")},
		"priority beyond int32": {set("spec.priority", int64(1<<31)), []refusal{outOfFormat("spec.priority", "int32"), {"spec.priority", "should be less than or equal to 1000000"}}},
		"threshold over safety": {change: all(set("spec.safetyStock", int64(99)), set("spec.lowStockThreshold", int64(1)))},
	})
}

func TestStockItemUnits(t *testing.T) {
	for _, name := range []string{"received", "safetyStock", "lowStockThreshold"} {
		t.Run(name, func(t *testing.T) {
			field := "spec." + name
			checkCreates(t, stockItems, newStockItem(), map[string]ruleCase{
				"none":            {change: set(field, int64(0))},
				"one":             {change: set(field, int64(1))},
				"most":            {change: set(field, int64(1e15))},
				"negative":        {set(field, int64(-1)), refuse(field, "should be greater than or equal to 0")},
				"too many":        {set(field, int64(1e15+1)), refuse(field, "should be less than or equal to 1000000000000000")},
				"most of int64":   {set(field, int64(math.MaxInt64)), refuse(field, "should be less than or equal to 1000000000000000")},
				"beyond int64":    {set(field, 1e19), append(notInteger(field, "int64"), refusal{field, "should be less than or equal to 1e+15"})},
				"far below zero":  {set(field, -1e19), append(notInteger(field, "int64"), refusal{field, "should be greater than or equal to 0"})},
				"a fraction":      {set(field, 1.5), notInteger(field, "int64")},
				"a tiny fraction": {set(field, 1e-9), notInteger(field, "int64")},
				"text":            {set(field, "10"), refuse(field, "must be of type integer")},
				"true":            {set(field, true), refuse(field, "must be of type int64")},
			})
		})
	}
}

func TestStockItemUpdates(t *testing.T) {
	const (
		product  = "productID is immutable: make another StockItem for another product"
		location = "locationID is immutable: make another StockItem for another location"
	)
	checkUpdates(t, stockItems, newStockItem(), map[string]ruleCase{
		"delivery":           {change: set("spec.received", int64(210))},
		"write-off":          {change: set("spec.received", int64(0))},
		"safety stock":       {change: set("spec.safetyStock", int64(4))},
		"threshold":          {change: set("spec.lowStockThreshold", int64(4))},
		"suspended":          {change: set("spec.suspended", true)},
		"priority":           {change: set("spec.priority", int64(1))},
		"label":              {change: set("metadata.labels", map[string]any{"season": "autumn"})},
		"productID":          {set("spec.productID", "cup"), refuse("spec.productID", product)},
		"productID removed":  {remove("spec.productID"), refuse("spec.productID", "Required value")},
		"locationID":         {set("spec.locationID", "amsterdam-1"), refuse("spec.locationID", location)},
		"locationID default": {change: remove("spec.locationID")},
		"below zero":         {set("spec.received", int64(-1)), refuse("spec.received", "should be greater than or equal to 0")},
	})
	t.Run("of a named location", func(t *testing.T) {
		checkUpdates(t, stockItems, newStockItem(set("spec.locationID", "amsterdam-1")), map[string]ruleCase{
			"same":     {change: set("spec.locationID", "amsterdam-1")},
			"another":  {set("spec.locationID", "rotterdam-2"), refuse("spec.locationID", location)},
			"left out": {remove("spec.locationID"), refuse("spec.locationID", location)},
		})
	})
}
