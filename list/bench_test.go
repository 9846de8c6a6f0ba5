package list_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/selvedge/selvedge/list"
)

// benchRows is how many rows the lists have.
const benchRows = 200_000

// benchLists are lists of one column, and of the six of a CRM.
func benchLists() map[string][]byte {
	out := map[string][]byte{}
	rest := func(i int) string { return fmt.Sprintf(",Anna,\"Berg, Dr\",%d Elm St,%05d,US", i%100, i%90_000) }
	for name, row := range map[string]func(i int) string{
		"hashed":     func(i int) string { return hashed(fmt.Sprintf("p%d@example.com", i)) },
		"hashed-six": func(i int) string { return hashed(fmt.Sprintf("p%d@example.com", i)) + rest(i) },
		"plain":      func(i int) string { return fmt.Sprintf("p%d@example.com", i) },
		"plain-six":  func(i int) string { return fmt.Sprintf("p%d@example.com", i) + rest(i) },
		"gmail":      func(i int) string { return fmt.Sprintf("selvedge.test.%d@gmail.com", i) },
		"phone":      func(i int) string { return fmt.Sprintf("+1212%07d", 2_000_000+i) },
		"phone-mixed": func(i int) string {
			n := 2_000_000 + i*7%8_000_000
			return [...]string{
				fmt.Sprintf("+1 212-%03d-%04d", n/10_000, n%10_000), fmt.Sprintf("+44 77%02d %06d", i%100, n%1_000_000),
				fmt.Sprintf("(212) %03d-%04d", n/10_000, n%10_000), fmt.Sprintf("+49170%07d", n), fmt.Sprintf("+33 6 %08d", n),
			}[i%5]
		},
	} {
		var b bytes.Buffer
		kind := "email"
		if strings.HasPrefix(name, "phone") {
			kind = "phone"
		}
		b.WriteString(kind)
		if strings.HasSuffix(name, "six") {
			b.WriteString(",first,last,street,zip,state")
		}
		b.WriteByte('\n')
		for i := range benchRows {
			b.WriteString(row(i))
			b.WriteByte('\n')
		}
		out[name] = b.Bytes()
	}
	return out
}

// spent returns the processor time that the process has used so far, in seconds.
func spent() float64 {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// each reads a list of benchRows over and over. Beside rows a second it reports
// the processor time of a row, which other work on the machine hardly changes.
func each(b *testing.B, read func()) {
	b.ReportAllocs()
	read() // pools and tables are made the first time
	b.ResetTimer()
	from := spent()
	for b.Loop() {
		read()
	}
	rows := float64(benchRows) * float64(b.N)
	b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric((spent()-from)*1e9/rows, "cpu-ns/row")
}

func receiveAll(b *testing.B, file []byte) {
	v := newBench(b)
	v.Memory = 0
	each(b, func() {
		sealed, err := v.Receive(context.Background(), bytes.NewReader(file), granted(list.Options{DefaultRegion: "US"}))
		if err != nil || sealed.Report.Rows.Read != benchRows || sealed.Report.Rows.Refused > 0 {
			b.Fatal(err, sealed.Report)
		}
	})
}

// BenchmarkReceive reads lists from their bytes to a durable spill.
func BenchmarkReceive(b *testing.B) {
	for name, file := range benchLists() {
		b.Run(name, func(b *testing.B) { receiveAll(b, file) })
	}
}

// BenchmarkTokens reads lists to tokens, without sorting them.
func BenchmarkTokens(b *testing.B) {
	for name, file := range benchLists() {
		b.Run(name, func(b *testing.B) {
			v := newBench(b)
			each(b, func() {
				if rows, err := v.ReadTokens(bytes.NewReader(file), "US"); err != nil || rows != benchRows {
					b.Fatal(rows, err)
				}
			})
		})
	}
}

// BenchmarkCSVAlone is encoding/csv and nothing else.
func BenchmarkCSVAlone(b *testing.B) {
	for name, file := range benchLists() {
		b.Run(name, func(b *testing.B) {
			each(b, func() {
				r := csv.NewReader(bytes.NewReader(file))
				r.ReuseRecord = true
				for {
					if _, err := r.Read(); err == io.EOF {
						return
					} else if err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// BenchmarkContainers reads six columns from containers that are no text, and
// beside each what its library takes to read them and nothing else.
func BenchmarkContainers(b *testing.B) {
	table := must(csv.NewReader(bytes.NewReader(benchLists()["hashed-six"])).ReadAll())
	workbook, columns := asWorkbook(table), asParquet(table)
	b.Run("xlsx", func(b *testing.B) { receiveAll(b, workbook) })
	b.Run("xlsx-alone", func(b *testing.B) {
		each(b, func() {
			f := must(excelize.OpenReader(bytes.NewReader(workbook)))
			rows := must(f.Rows("Sheet1"))
			for rows.Next() {
				must(rows.Columns())
			}
			check(f.Close())
		})
	})
	b.Run("parquet", func(b *testing.B) { receiveAll(b, columns) })
	b.Run("parquet-alone", func(b *testing.B) {
		each(b, func() {
			f := must(parquet.OpenFile(bytes.NewReader(columns), int64(len(columns))))
			buf := make([]parquet.Row, 1024)
			for _, g := range f.RowGroups() {
				rows := g.Rows()
				for {
					if _, err := rows.ReadRows(buf); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				check(rows.Close())
			}
		})
	})
	b.Run("ndjson", func(b *testing.B) { receiveAll(b, asNDJSON(table)) })
	b.Run("gzip", func(b *testing.B) { receiveAll(b, asGzip(benchLists()["hashed-six"])) })
	b.Run("zstd", func(b *testing.B) { receiveAll(b, asZstd(benchLists()["hashed-six"])) })
}
