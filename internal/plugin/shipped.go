package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/replay"
	"github.com/acme/inventory-service/internal/restore"
)

// exportShipped prints what the journal of a namespace knows and Git does not.
func (p *plugin) exportShipped(ctx context.Context, format, to string) error {
	if format != "yaml" && format != "json" {
		return misused("-o %q: use yaml or json", format)
	}
	reach, namespace, err := p.cluster()
	if err != nil {
		return err
	}
	file, err := shippedOf(ctx, reach, namespace)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err == nil && format == "yaml" {
		text, err = yaml.JSONToYAML(text)
	} else {
		text = append(text, '\n')
	}
	switch {
	case err != nil:
		return err
	case to != "":
		return replaceFile(to, text)
	}
	_, err = p.Out.Write(text)
	return err
}

// replaceFile writes a file that is whole, or as it was before.
func replaceFile(name string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// shippedOf reads the pages of a namespace, which have to be there and whole.
func shippedOf(ctx context.Context, reach *cluster.Cluster, namespace string) (*restore.File, error) {
	at := time.Now()
	pages, err := reach.ReadPages(ctx, namespace)
	if err != nil {
		return nil, err
	}
	state, err := replay.State(pages)
	if err != nil {
		return nil, refused("namespace %s: %w", namespace, err)
	}
	if state.HoldsBack() {
		return nil, refused("namespace %s awaits a restore itself: what it will know is not here yet", namespace)
	}
	counting, _ := journal.LivePages(pages)
	newest := counting[len(counting)-1]
	from := restore.Journal{
		UID: newest.Header.Journal.Journal, Namespace: newest.Header.Journal.Namespace, Page: newest.Number, Record: len(newest.Records),
	}
	return restore.FileOf(state, namespace, from, at), nil
}
