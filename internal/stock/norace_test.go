//go:build !race

package stock

const raced = false
