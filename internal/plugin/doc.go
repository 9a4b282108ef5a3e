// Package plugin is kubectl inventory: what is in stock, who holds it, and the everyday work
// with it, one file for each verb.
//
// It talks to the API server alone, with the rights of whoever calls it, and writes nothing
// but specs. What is told goes to the output; warnings, hints and progress go to the error
// output. The exit code tells how it ended: see Code.
package plugin
