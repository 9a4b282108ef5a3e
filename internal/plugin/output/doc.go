// Package output prints what the kubectl plugin has to say: tables with colours and bars for
// people, and documents in the formats of kubectl for programs.
//
// It knows no stock and talks to nobody. What others wrote (names, ids) is shown with control
// and formatting characters made visible, so that it cannot change the terminal.
package output
