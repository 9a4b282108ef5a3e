// Package monitoring holds the tests of what watches the operator: the metrics of running
// replicas, the rules and alerts of config/prometheus with their runbooks, and the dashboard
// of config/grafana, on Prometheus and on SQL. A real Prometheus scrapes and asks, and a real
// PostgreSQL that an archive has filled.
//
// It tests no figures: what a metric counts is tested where it is counted.
//
// Callers owe it the control plane's binaries ("make controlplane" builds them), and
// prometheus and promtool on the PATH: Debian's package prometheus has both.
package monitoring
