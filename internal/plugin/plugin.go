package plugin

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/plugin/output"
)

// Run runs the command of the arguments and returns its exit code.
func Run(ctx context.Context, version string, arguments []string, streams genericiooptions.IOStreams) Code {
	root := New(version, streams)
	root.SetArgs(arguments)
	err := root.ExecuteContext(ctx)
	if err != nil {
		_, _ = fmt.Fprintf(streams.ErrOut, "Error: %s\n", output.Printable(err.Error()))
	}
	return codeOf(err)
}

// plugin is what all verbs share.
type plugin struct {
	genericiooptions.IOStreams
	flags   *genericclioptions.ConfigFlags
	colours string
	// everywhere is -A.
	everywhere bool
}

// New returns the command with all of its verbs.
func New(version string, streams genericiooptions.IOStreams) *cobra.Command {
	p := &plugin{IOStreams: streams, flags: genericclioptions.NewConfigFlags(true)}
	root := &cobra.Command{
		Use:           "kubectl-inventory",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl inventory"},
		Short:         "What is in stock, who holds it, and the everyday work with it",
		Long:          "What is in stock, who holds it, and the everyday work with it, with your own rights.\n\n" + codes,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return misused("%w: see %s --help", err, c.CommandPath()) })
	p.flags.AddFlags(root.PersistentFlags())
	root.PersistentFlags().StringVar(&p.colours, "color", "auto", "when to use colours: auto, always or never; auto leaves them out of pipes and where NO_COLOR is set")
	p.complete(root, "color", fixed("auto", "always", "never"))
	p.complete(root, "namespace", p.namespaceNames)
	root.AddCommand(
		p.levels(), p.holders(), p.find(),
		p.reserve(), p.extend(), p.release(), p.consume(),
		p.receive(), p.count(), p.move(), p.suspend(), p.resume(),
		p.importSheet(), p.export(), p.restore(),
		p.log(), p.verify(),
	)
	return root
}

// cluster returns the API server, and the namespace that is meant: empty for all.
func (p *plugin) cluster() (*cluster.Cluster, string, error) {
	switch p.colours {
	case "auto", "always", "never":
	default:
		return nil, "", misused("--color %q: use auto, always or never", p.colours)
	}
	config, err := p.flags.ToRESTConfig()
	if err != nil {
		return nil, "", fmt.Errorf("find the API server: %w: give --kubeconfig or set KUBECONFIG", err)
	}
	namespace, _, err := p.flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("find the namespace: %w: give --namespace", err)
	}
	c, err := cluster.New(config)
	if p.everywhere {
		namespace = ""
	}
	return c, namespace, err
}

func (p *plugin) screen() output.Screen { return output.ScreenOf(p.Out, p.colours, os.Getenv) }

// warn tells a person, beside what is printed.
func (p *plugin) warn(format string, values ...any) {
	screen := output.ScreenOf(p.ErrOut, p.colours, os.Getenv)
	_, _ = fmt.Fprintf(p.ErrOut, "%s %s\n", screen.Paint("Warning:", output.Yellow), output.Printable(fmt.Sprintf(format, values...)))
}

// say prints one line.
func (p *plugin) say(format string, values ...any) {
	_, _ = fmt.Fprintln(p.Out, output.Printable(fmt.Sprintf(format, values...)))
}

// everywhereFlag adds -A to a verb.
func (p *plugin) everywhereFlag(c *cobra.Command) {
	c.Flags().BoolVarP(&p.everywhere, "all-namespaces", "A", false, "of all namespaces")
}

// arguments has the number of arguments checked.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		if len(given) < least || most >= 0 && len(given) > most {
			return misused("%s takes %s, not %d arguments: see %s --help", c.CommandPath(), what, len(given), c.CommandPath())
		}
		return nil
	}
}
