package testbed

// PatientLease is renewed as often as the default one, and outlives a machine that
// is busy with other things.
var PatientLease = []string{"--lease-duration", "60s", "--renew-deadline", "40s"}

// LongLease outlives every test: who leads after another one was given the lease.
var LongLease = []string{"--lease-duration", "10m", "--renew-deadline", "40s"}

// ShortLease lets a standby take over soon.
var ShortLease = []string{"--lease-duration", "2s", "--renew-deadline", "1s", "--retry-period", "200ms"}
