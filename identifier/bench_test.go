package identifier_test

import (
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

func BenchmarkContactGmail(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, reason := contactForms(identifier.Email, "Jane.Doe+news@gmail.com", ""); reason != identifier.Accepted {
			b.Fatal(reason)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "identifiers/s")
}
