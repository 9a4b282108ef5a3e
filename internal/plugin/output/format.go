package output

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
)

// Formats are what -o takes, for help and completion.
var Formats = []string{"wide", "json", "yaml", "name", "jsonpath=", "go-template="}

// Format is what -o says. The zero value is a table.
type Format struct {
	name    string
	printer printers.ResourcePrinter
}

// ParseFormat reads what -o says.
func ParseFormat(name string) (Format, error) {
	f := Format{name: name}
	switch name {
	case "", "wide", "name":
		return f, nil
	}
	flags := genericclioptions.NewPrintFlags("")
	flags.OutputFormat = &name
	printer, err := flags.ToPrinter()
	if genericclioptions.IsNoCompatiblePrinterError(err) {
		return f, fmt.Errorf("-o %q is no format: use one of %s", name, strings.Join(Formats, ", "))
	}
	f.printer = printer
	return f, err
}

// Table tells whether people are to read it, Wide whether they want to see more.
func (f Format) Table() bool { return f.name == "" || f.name == "wide" }

// Wide tells whether a table has all of its columns.
func (f Format) Wide() bool { return f.name == "wide" }

// Name tells whether only the names of objects are wanted.
func (f Format) Name() bool { return f.name == "name" }

// Document prints a value as one of kubectl's formats. The value is encoded as JSON first and
// has to have an apiVersion and a kind there.
func (f Format) Document(out io.Writer, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %T: %w", value, err)
	}
	var object unstructured.Unstructured
	if err := json.Unmarshal(text, &object.Object); err != nil {
		return fmt.Errorf("encode %T: %w", value, err)
	}
	return f.printer.PrintObj(&object, out)
}
