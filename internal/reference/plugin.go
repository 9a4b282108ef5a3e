package reference

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/acme/inventory-service/internal/plugin"
)

// Verbs are those of kubectl inventory.
func Verbs() []*cobra.Command { return plugin.New("", genericiooptions.IOStreams{}).Commands() }

func pluginPage() string {
	var text strings.Builder
	text.WriteString("# kubectl inventory\n\nThe verbs of [the plugin](../kubectl.md) and their flags. All of them take the flags of kubectl and `--color`.\n\n")
	var rows [][]string
	for _, verb := range Verbs() {
		rows = append(rows, []string{fmt.Sprintf("[`%s`](#%s)", verb.Use, verb.Name()), verb.Short})
	}
	text.WriteString(table([]string{"verb", "what"}, rows))
	for _, verb := range Verbs() {
		fmt.Fprintf(&text, "## %s\n\n`kubectl inventory %s`\n\n%s.\n\n", verb.Name(), verb.Use, strings.TrimSuffix(verb.Short, "."))
		rows = nil
		verb.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			name, usage := pflag.UnquoteUsage(f)
			short := code("--" + f.Name)
			if f.Shorthand != "" {
				short = code("-"+f.Shorthand) + ", " + short
			}
			rows = append(rows, []string{short, name, code(f.DefValue), usage})
		})
		if len(rows) > 0 {
			text.WriteString(table([]string{"flag", "value", "default", "what"}, rows))
		}
	}
	return text.String()
}
