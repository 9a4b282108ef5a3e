package plugin

import (
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/output"
)

// documentVersion is the apiVersion of what the plugin makes up itself, such as a list of
// levels: it is no object that the API server knows.
const documentVersion = "plugin.inventory.acme.com/v1"

// typeMeta begins each document.
type typeMeta struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

func documentOf(kind string) typeMeta { return typeMeta{documentVersion, kind} }

// printing are the flags that say how to print.
type printing struct {
	*plugin
	name      string
	noHeaders bool
	format    output.Format
}

// printingFlags adds -o to a verb, and --no-headers where it prints a table.
func (p *plugin) printingFlags(c *cobra.Command, table bool) *printing {
	o := &printing{plugin: p}
	c.Flags().StringVarP(&o.name, "output", "o", "", "format: wide, json, yaml, name, jsonpath=... or go-template=...")
	if table {
		c.Flags().BoolVar(&o.noHeaders, "no-headers", false, "leave out the titles of the columns")
	}
	p.complete(c, "output", fixed(output.Formats...))
	c.PreRunE = func(*cobra.Command, []string) (err error) {
		if o.format, err = output.ParseFormat(o.name); err != nil {
			return misused("%w", err)
		}
		return nil
	}
	return o
}

// print prints a table, the names of objects or a document, as -o says.
func (o *printing) print(table *output.Table, names []string, document any) error {
	switch {
	case o.format.Table():
		return table.Print(o.Out, o.screen(), o.format.Wide(), !o.noHeaders)
	case o.format.Name():
		for _, name := range names {
			if _, err := fmt.Fprintln(o.Out, name); err != nil {
				return err
			}
		}
		return nil
	default:
		return o.format.Document(o.Out, document)
	}
}

// object prints an object that was written: as -o says, else the sentence.
func (o *printing) object(object client.Object, sentence string) error {
	kind := "StockItem"
	if _, ok := object.(*v1.Reservation); ok {
		kind = "Reservation"
	}
	switch {
	case o.format.Table():
		o.say("%s", sentence)
		return nil
	case o.format.Name():
		o.say("%s", nameOf(kind, object.GetName()))
		return nil
	default:
		object.GetObjectKind().SetGroupVersionKind(v1.GroupVersion.WithKind(kind))
		return o.format.Document(o.Out, object)
	}
}

// nameOf is the name of an object as kubectl takes it.
func nameOf(kind, name string) string {
	resource := "stockitem"
	if kind == "Reservation" {
		resource = "reservation"
	}
	return resource + "." + v1.GroupVersion.Group + "/" + name
}
