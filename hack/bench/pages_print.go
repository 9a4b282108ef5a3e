package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

func (p *pages) print(out io.Writer) error {
	if p == nil {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(p.Costs) > 0 {
		_, _ = fmt.Fprintln(table, "\npage KiB\tschema\tpages\tp50 ms\tp99 ms\tCPU ms: API server\tetcd\tdatabase KiB\t")
	}
	for _, c := range p.Costs {
		_, _ = fmt.Fprintf(table, "%d\t%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t\n",
			c.KiB, c.Schema, c.Pages, c.P50, c.P99, c.CPUAPIServer, c.CPUEtcd, c.Growth/1024)
	}
	if p.Idle != nil {
		_, _ = fmt.Fprintf(table, "idle, ms of CPU a second: API server %.0f, etcd %.0f\n", p.Idle.APIServer, p.Idle.Etcd)
	}
	if len(p.Memory) > 0 {
		_, _ = fmt.Fprintln(table, "\npage KiB\tputs/s\tfor s\tRSS MiB: API server\t\tetcd\t\tlive heap MiB: API server\t\t")
	}
	for _, m := range p.Memory {
		_, _ = fmt.Fprintf(table, "%d\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t\n", m.KiB, m.Rate, m.Seconds,
			m.APIServerBefore.RSS, m.APIServerAfter.RSS, m.EtcdBefore.RSS, m.EtcdAfter.RSS, m.APIServerBefore.Heap, m.APIServerAfter.Heap)
	}
	if len(p.Codings) > 0 {
		_, _ = fmt.Fprintln(table, "\ncarts\tlines\tcoding\tbytes\tbytes/cart\tas base64\tencode µs\tdecode µs\t")
	}
	for _, c := range p.Codings {
		_, _ = fmt.Fprintf(table, "%d\t%d\t%s\t%d\t%.0f\t%d\t%.0f\t%.0f\t\n",
			c.Carts, c.Lines, c.Coding, c.Bytes, float64(c.Bytes)/float64(c.Carts), c.Base64, c.Encode, c.Decode)
	}
	return table.Flush()
}
