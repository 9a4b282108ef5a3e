// Package operator puts the process together: what the flags say, which namespaces it
// works in, who leads, and how the parts are wired. What the parts do is theirs.
package operator
