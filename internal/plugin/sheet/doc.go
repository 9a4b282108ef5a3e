// Package sheet reads and writes count sheets: stock as a CSV file, one row for each
// StockItem, that people count with and that other systems export.
//
// It is pure, and knows nothing of what is in stock: whether a row makes sense beside that is
// for others to judge. What it writes it reads back as it was. Cells that a spreadsheet would
// take for a formula begin with an apostrophe in the file.
package sheet
