// Package postgres starts a real PostgreSQL on this machine, and a PgBouncer before it, for
// tests, benchmarks and local runs.
//
//	server, err := postgres.Start(ctx, postgres.Options{})
//	if err != nil { ... }
//	defer server.Stop()
//	err = server.CreateDatabase(ctx, "inventory")
//	pool, err := pgxpool.New(ctx, server.URL(postgres.PlainRole, "inventory"))
//
// What it gives:
//
//   - The newest PostgreSQL that it finds: see Installations. "hack/postgres.sh" gets one.
//   - fsync and synchronous commit, as is the default, unless Options.UnsafeNoFsync.
//   - A superuser and a role that may do nothing but what it is granted, both with passwords.
//   - Kill, Freeze, Thaw and Restart, on the same data and port.
//   - It listens on 127.0.0.1 and on a Unix socket in its directory.
//   - On Linux it dies with the process that called Start, even if that is killed.
//
// PostgreSQL refuses to run as root: started by root, it runs as the user postgres, or nobody,
// which must be able to enter the directory of the data.
//
// What it does not give: secrets. Whoever can log in to the machine can read these passwords.
// Tests get a server from the package postgrestest.
package postgres
