package logbook

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/acme/inventory-service/internal/journal"
)

// options are what the flags of the command say.
type options struct {
	kubeconfig, context, namespace string
	filter                         Filter
}

// Command prints a namespace's journal to out. arguments are those behind the command's
// name. Asked for help it tells usage what there is, and fails with flag.ErrHelp.
func Command(ctx context.Context, arguments []string, out, usage io.Writer) error {
	o, err := parse(arguments, usage)
	if err != nil {
		return err
	}
	config, namespace, err := o.cluster()
	if err != nil {
		return err
	}
	pages, err := read(ctx, config, namespace)
	if err != nil {
		return err
	}
	if err := Print(out, pages, o.filter); err != nil {
		return fmt.Errorf("namespace %s: %w", namespace, err)
	}
	return nil
}

func parse(arguments []string, usage io.Writer) (options, error) {
	var o options
	flags := o.flags()
	err := flags.Parse(arguments)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(usage)
		_, _ = fmt.Fprintln(usage, "Usage of inventory-operator journal:")
		flags.PrintDefaults()
		return o, err
	}
	if err != nil {
		return o, fmt.Errorf("%w: see inventory-operator journal --help", err)
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q: see inventory-operator journal --help", flags.Arg(0))
	}
	return o, nil
}

// Flags are those of the command, for documentation.
func Flags() *flag.FlagSet { return new(options).flags() }

// flags are those that set the options.
func (o *options) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("inventory-operator journal", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error is one line
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "path of a kubeconfig; default: as kubectl finds it")
	flags.StringVar(&o.context, "context", "", "context of the kubeconfig; default: the current one")
	flags.StringVar(&o.namespace, "namespace", "", "whose journal; default: that of the context")
	flags.Uint64Var(&o.filter.From, "from", 0, "number of the page to begin with; default: where the journal begins")
	flags.StringVar(&o.filter.ID, "id", "", "only what is about this reservation, by its id or its object's uid")
	return flags
}

// cluster returns how to reach the API server, and the namespace.
func (o options) cluster() (*rest.Config, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	kubeconfig := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: o.context})
	config, err := kubeconfig.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("find the API server: %w: give --kubeconfig or set KUBECONFIG", err)
	}
	if o.namespace != "" {
		return config, o.namespace, nil
	}
	namespace, _, err := kubeconfig.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("find the namespace: %w: give --namespace", err)
	}
	return config, namespace, nil
}

// read reads all pages at one version.
func read(ctx context.Context, config *rest.Config, namespace string) ([]journal.Page, error) {
	client, err := journal.NewClient(config, nil)
	if err != nil {
		return nil, err
	}
	pages, err := journal.ReadPages(ctx, client, namespace)
	switch {
	case apierrors.IsForbidden(err):
		return nil, fmt.Errorf("%w: ask for the right to list journalpages there", err)
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("%w: apply config/crd first", err)
	}
	return pages, err
}
