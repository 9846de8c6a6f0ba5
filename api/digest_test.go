package api

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
)

// FuzzContentDigest: what is taken for a digest stands in the header as RFC 9530
// writes it, and whatever else is sent is refused without being repeated.
func FuzzContentDigest(f *testing.F) {
	const sum = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	for _, seed := range []string{
		"", "sha-256=:" + sum + ":", "sha-512=:AAAA:, sha-256=:" + sum + ":", sum + ":", "sha-256=:" + sum, "sha-256=::", "sha-256", ",,",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got, err := contentDigest(header)
		switch {
		case header == "":
			if got != nil || err != nil {
				t.Fatalf("no header is %x, %v", got, err)
			}
		case err != nil:
			if got != nil || selvedge.CodeOf(err) != selvedge.CodeInvalid || len(header) > 60 && strings.Contains(err.Error(), header) {
				t.Fatalf("refused with %x, %v", got, err)
			}
		case len(got) != 32:
			t.Fatalf("a digest of %d bytes", len(got))
		default:
			// Base64 with line breaks in it is base64 to the decoder.
			text := strings.NewReplacer("\r", "", "\n", "").Replace(header)
			if !strings.Contains(text, "sha-256=:"+base64.StdEncoding.EncodeToString(got)[:42]) {
				t.Fatal("the digest is not in the header")
			}
		}
	})
}
