package identifier_test

import (
	"crypto/sha256"
	"testing"

	"github.com/selvedge/selvedge/identifier"
)

// benchmarkRead reads one cell again and again; ns/op is ns for an identifier.
func benchmarkRead(b *testing.B, k identifier.Kind, text, region string) {
	b.ReportAllocs()
	for b.Loop() {
		if _, reason := identifier.Read(k, text, region); reason != identifier.Accepted {
			b.Fatal(reason)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "identifiers/s")
}

func BenchmarkReadEmailASCII(b *testing.B) {
	benchmarkRead(b, identifier.Email, "jane.doe+news@example.com", "")
}

func BenchmarkReadEmailCapitals(b *testing.B) {
	benchmarkRead(b, identifier.Email, " Jane.Doe+News@Example.com", "")
}

func BenchmarkReadEmailGmail(b *testing.B) {
	benchmarkRead(b, identifier.Email, "jane.doe@gmail.com", "")
}

func BenchmarkReadEmailIDN(b *testing.B) {
	benchmarkRead(b, identifier.Email, "jane.doe@bücher.example", "")
}

func BenchmarkReadHash(b *testing.B) {
	benchmarkRead(b, identifier.Email, "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d", "")
}

func BenchmarkReadPhoneE164(b *testing.B) {
	benchmarkRead(b, identifier.Phone, "+442079460958", "")
}

func BenchmarkReadPhoneNational(b *testing.B) {
	benchmarkRead(b, identifier.Phone, "(212) 555-0147", "US")
}

// BenchmarkReadPhoneMixed reads numbers of ten countries in the spellings of lists.
func BenchmarkReadPhoneMixed(b *testing.B) {
	all := mixedPhones(b, 4096)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w := &all[i%len(all)]
		if _, reason := identifier.Read(identifier.Phone, w.text, w.region); reason != identifier.Accepted {
			b.Fatal(reason)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "identifiers/s")
}

// BenchmarkNumberMixed is BenchmarkReadPhoneMixed without the hashes and the
// question whether a cell is one.
func BenchmarkNumberMixed(b *testing.B) {
	all := mixedPhones(b, 4096)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w := &all[i%len(all)]
		if !identifier.CanReadNumber(w.text, w.region, false) {
			b.Fatal(w.text)
		}
	}
}

// BenchmarkNumberWrapped is BenchmarkNumberMixed without the fast path.
func BenchmarkNumberWrapped(b *testing.B) {
	all := mixedPhones(b, 4096)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w := &all[i%len(all)]
		if !identifier.CanReadNumber(w.text, w.region, true) {
			b.Fatal(w.text)
		}
	}
}

// BenchmarkHash is the floor of all: the hash of one short text. A number in the
// clear needs two.
func BenchmarkHash(b *testing.B) {
	text := []byte("+442079460958")
	for b.Loop() {
		_ = sha256.Sum256(text)
	}
}

func BenchmarkContactGmail(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, reason := contactForms(identifier.Email, "Jane.Doe+news@gmail.com", ""); reason != identifier.Accepted {
			b.Fatal(reason)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "identifiers/s")
}
