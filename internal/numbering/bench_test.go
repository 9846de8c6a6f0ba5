package numbering_test

import (
	"testing"

	"github.com/selvedge/selvedge/internal/numbering"
)

// dialledNumbers are numbers of different countries, as they are dialled.
func dialledNumbers() []struct {
	digits string
	plus   bool
	region string
} {
	return []struct {
		digits string
		plus   bool
		region string
	}{
		{"442079460958", true, ""},
		{"2125550147", false, "US"},
		{"03012345678", false, "DE"},
		{"0033123456789", false, "IT"},
		{"01155112345678", false, "US"},
		{"11912345678", false, "BR"},
		{"4930123456", false, "DE"},
	}
}

// BenchmarkParse gives ns for a number, all sorts in turn.
func BenchmarkParse(b *testing.B) {
	all := dialledNumbers()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		n := &all[i%len(all)]
		r, _ := numbering.RegionOf(n.region)
		var parsed numbering.Number
		if !parsed.Parse([]byte(n.digits), n.plus, r) {
			b.Fatal(n.digits)
		}
	}
}

// BenchmarkLibrary is BenchmarkParse with the library.
func BenchmarkLibrary(b *testing.B) {
	all := dialledNumbers()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		n := &all[i%len(all)]
		if _, ok := ask(n.digits, n.plus, n.region); !ok {
			b.Fatal(n.digits)
		}
	}
}
