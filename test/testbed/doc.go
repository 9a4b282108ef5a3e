// Package testbed is a namespace of a real control plane with operators,
// clients, a sink and fault proxies to test them with.
//
//	func TestMain(m *testing.M) { os.Exit(testbed.Main(m)) }
//
//	func TestCart(t *testing.T) {
//		t.Parallel()
//		w := testbed.NewWorld(t)
//		w.Declare("mug", "mug", "amsterdam", 5)
//		o := w.Operate("--leader-elect=false")
//		told := w.Ask(testbed.Reserve("cart", testbed.BinaryMode, testbed.Item("mug", 1)), o)
//		...
//		w.Settle()
//	}
//
// The operators are processes of the real binary, under the rights of
// config/rbac. They are given their world's namespace alone (--namespaces), so
// worlds on one control plane do not meet, and tests may run in parallel. What
// ends or breaks the control plane itself needs one of its own: OwnWorld.
//
// It holds no tests, and decides nothing about what is right beyond what the
// Observer, the Audit, the Sink and Settle check. Callers call Main from their
// TestMain; everything that is started ends with the test that started it.
package testbed
