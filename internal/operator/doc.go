// Package operator puts the process together: flags, election, the scope of namespaces, and the
// wiring of all parts. It holds no logic of stock, journal or bridge. Callers parse the command
// line (ParseFlags), set the logger (SetLogger) and call Run once; Run validates the options, and
// its errors say what to install, grant or change.
package operator
