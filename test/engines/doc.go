// Package engines plays what happens to a shop whose stock stands in Git, against the real
// operator and API server, with the code of one GitOps engine. The engines are in the folders
// below, each a module of its own, so that the product depends on none of them.
//
//	func TestMain(m *testing.M) { os.Exit(testbed.Main(m)) }
//
//	func TestShop(t *testing.T) { engines.Play(t, engines.Player{New: newEngine}) }
//
// It reads no Git: what a commit says is handed to the engine as objects, as the engines' own
// controllers do once they have rendered it. Where engines differ, the Player says how.
package engines
