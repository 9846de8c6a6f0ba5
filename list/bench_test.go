package list_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/selvedge/selvedge/list"
)

// BenchmarkReceive reads lists of 200,000 rows through the disk.
func BenchmarkReceive(b *testing.B) {
	const rows = 200_000
	for name, row := range map[string]func(i int) string{
		"hashed": func(i int) string { return hashed(fmt.Sprintf("p%d@example.com", i)) },
		"plain":  func(i int) string { return fmt.Sprintf("p%d@example.com", i) },
		"gmail":  func(i int) string { return fmt.Sprintf("selvedge.test.%d@gmail.com", i) },
		"phone":  func(i int) string { return fmt.Sprintf("+1212555%04d", i%10_000) },
		"crm":    func(i int) string { return fmt.Sprintf("p%d@example.com,Anna,\"Berg, Dr\",1 Elm St,10001,US", i) },
	} {
		b.Run(name, func(b *testing.B) {
			var text strings.Builder
			text.WriteString(map[bool]string{true: "phone\n", false: "email\n"}[name == "phone"])
			for i := range rows {
				text.WriteString(row(i) + "\n")
			}
			v := newBench(b)
			v.Memory = 1 << 20
			b.ReportAllocs()
			for b.Loop() {
				sealed, err := v.Receive(context.Background(), strings.NewReader(text.String()), list.Options{})
				if err != nil || sealed.Report.Rows.Read != rows {
					b.Fatal(err, sealed.Report.Rows)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
