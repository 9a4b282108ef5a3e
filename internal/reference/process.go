package reference

import (
	"flag"
	"fmt"
	"strings"

	archive "github.com/acme/inventory-service/internal/archive/command"
	"github.com/acme/inventory-service/internal/catalog"
	"github.com/acme/inventory-service/internal/logbook"
	"github.com/acme/inventory-service/internal/metric"
	"github.com/acme/inventory-service/internal/operator"
)

func metricsPage() string {
	var rows [][]string
	for _, m := range metric.All() {
		labels := ""
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "`, `") + "`"
		}
		rows = append(rows, []string{code(m.Name), string(m.Type), labels, m.Help})
	}
	return "# Metrics\n\nAt `/metrics` of `--metrics-address`, from every replica. [Watching it](../watching.md) says what to look at first; " +
		"the alerts of config/prometheus have [runbooks](../runbooks).\n\n" +
		table([]string{"metric", "type", "labels", "what"}, rows) +
		"Libraries add `go_*`, `process_*`, `controller_runtime_*`, `workqueue_*`, `rest_client_*`, `leader_election_*` and `certwatcher_*`.\n"
}

// Commands are those of the binary, by what is written before their flags.
func Commands() []*flag.FlagSet {
	return []*flag.FlagSet{operator.Flags(), logbook.Flags(), catalog.Flags(), archive.Flags()}
}

func flags() string {
	var text strings.Builder
	text.WriteString("# Flags\n\nEach may be written with one hyphen or two. Environment variables that are read: `KUBECONFIG`, `POD_NAME`, `POD_IP`, `K_SINK`, " +
		"`K_CE_OVERRIDES`, `K_CA_CERTS`, `GOGC`, `GOMEMLIMIT`, and those of OpenTelemetry ([traces](../traces.md)).\n\n")
	for _, command := range Commands() {
		var rows [][]string
		command.VisitAll(func(f *flag.Flag) {
			name, usage := flag.UnquoteUsage(f)
			rows = append(rows, []string{code("--" + f.Name), name, code(f.DefValue), usage})
		})
		fmt.Fprintf(&text, "## %s\n\n", command.Name())
		text.WriteString(table([]string{"flag", "value", "default", "what"}, rows))
	}
	return text.String()
}
