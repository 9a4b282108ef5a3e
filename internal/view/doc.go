// Package view says what the journal knows in the terms of the API: a reservation as a
// Reservation, where a StockItem stands as its status.
//
// It is pure: it reads no clock and sends nothing. What it returns is derived, decides
// nothing and can be made again at any time. Callers owe it the position up to which what
// they pass is true, and leave to others the conditions that are not the journal's.
package view
