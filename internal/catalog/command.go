package catalog

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// options are what the flags of the command say.
type options struct {
	out        string
	standalone bool
}

// Flags are those of the command, for documentation.
func Flags() *flag.FlagSet { return new(options).flags() }

func (o *options) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("inventory-operator catalog", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error is one line
	flags.StringVar(&o.out, "out", "", "folder to write the catalogue into; what it has of this service is replaced, and nothing else is touched")
	flags.BoolVar(&o.standalone, "standalone", false, "write what belongs to others, too, so that the catalogue is whole by itself: the command reserve-inventory and the team that owns it")
	return flags
}

// Command writes the catalogue. Asked for help it tells usage what there is, and fails with
// flag.ErrHelp.
func Command(arguments []string, usage io.Writer) error {
	var o options
	flags := o.flags()
	err := flags.Parse(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(usage)
		_, _ = fmt.Fprintln(usage, "Usage of inventory-operator catalog:")
		flags.PrintDefaults()
		return err
	case err != nil:
		return fmt.Errorf("%w: see inventory-operator catalog --help", err)
	case flags.NArg() > 0:
		return fmt.Errorf("unknown argument %q: see inventory-operator catalog --help", flags.Arg(0))
	case o.out == "":
		return errors.New("--out is missing: give the folder of the catalogue")
	}
	return Write(o.out, o.standalone)
}

// Write writes the catalogue into a folder. The folders of this service are removed before, so that
// what is gone goes.
func Write(folder string, standalone bool) error {
	files, err := Files(standalone)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(folder, domainFolder)); err != nil {
		return err
	}
	for name, text := range files {
		name = filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // others read it
			return err
		}
		if err := os.WriteFile(name, text, 0o644); err != nil { //nolint:gosec // others read it
			return err
		}
	}
	return nil
}
