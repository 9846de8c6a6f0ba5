package identifier_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/selvedge/selvedge/identifier"
)

// letters are 32 bytes whose base64 has the characters that tell the alphabets
// apart.
var letters = append(bytes.Repeat([]byte{0xfb, 0xff, 0xbe}, 4), "as good as any hash."...)

func TestHash(t *testing.T) {
	t.Parallel()
	digest := sha256.Sum256([]byte("jane@example.com"))
	lower := hex.EncodeToString(digest[:])
	tests := []struct {
		name string
		text string
		want []byte
	}{
		{"lower case", lower, digest[:]},
		{"upper case", strings.ToUpper(lower), digest[:]},
		{"mixed case", strings.ToUpper(lower[:32]) + lower[32:], digest[:]},
		{"0x", "0x" + lower, digest[:]},
		{"0X", "0X" + strings.ToUpper(lower), digest[:]},
		{"backslash x", `\x` + lower, digest[:]},
		{"in white space", " \t" + lower + "\r\n", digest[:]},
		{"in quotes", `"` + lower + `"`, digest[:]},
		{"in a formula", `="` + lower + `"`, digest[:]},
		{"base64", base64.StdEncoding.EncodeToString(letters), letters},
		{"base64 without padding", base64.RawStdEncoding.EncodeToString(letters), letters},
		{"base64 for addresses", base64.URLEncoding.EncodeToString(letters), letters},
		{"base64 for addresses without padding", base64.RawURLEncoding.EncodeToString(letters), letters},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, k := range []identifier.Kind{identifier.Email, identifier.Phone} {
				form, reason := identifier.Hash(k, tt.text)
				if reason != identifier.Accepted {
					t.Fatalf("refused as %s: %q", k, reason)
				}
				if !bytes.Equal(form.Digest[:], tt.want) || form.Class != k.Class() {
					t.Errorf("another form as %s", k)
				}
				cell, reason := identifier.Read(k, tt.text, "")
				if reason != identifier.Accepted || cell.Identity != form || !cell.Hashed || len(cell.Also()) > 0 || cell.Repaired {
					t.Errorf("Read as %s gives another cell (reason %q)", k, reason)
				}
			}
		})
	}
}

func TestHashRefused(t *testing.T) {
	t.Parallel()
	value := []byte("jane@example.com")
	sum5, sum1, sum512, sum256 := md5.Sum(value), sha1.Sum(value), sha512.Sum512(value), sha256.Sum256(value)
	lower := hex.EncodeToString(sum256[:])
	std := base64.StdEncoding.EncodeToString(sum256[:])
	tests := []struct {
		name   string
		text   string
		reason identifier.Reason
		read   identifier.Reason // of Read, if it takes the text for a value in the clear
	}{
		{"MD5", hex.EncodeToString(sum5[:]), identifier.ReasonMD5, ""},
		{"MD5 in base64", base64.StdEncoding.EncodeToString(sum5[:]), identifier.ReasonMD5, ""},
		{"SHA-1", strings.ToUpper(hex.EncodeToString(sum1[:])), identifier.ReasonSHA1, ""},
		{"SHA-1 in base64", base64.StdEncoding.EncodeToString(sum1[:]), identifier.ReasonSHA1, ""},
		{"SHA-512", hex.EncodeToString(sum512[:]), identifier.ReasonSHA512, ""},
		{"SHA-512 in base64", base64.StdEncoding.EncodeToString(sum512[:]), identifier.ReasonSHA512, ""},
		{"base64 of the hex text", base64.StdEncoding.EncodeToString([]byte(lower)), identifier.ReasonBase64OfHex, ""},
		{"base64 of the hex text without padding", base64.RawURLEncoding.EncodeToString([]byte(lower)), identifier.ReasonBase64OfHex, ""},
		{"63 hex", lower[1:], identifier.ReasonBadHashLength, ""},
		{"65 hex", lower + "0", identifier.ReasonBadHashLength, ""},
		{"64 that are not hex", "z" + lower[1:], identifier.ReasonBadHashLength, ""},
		{"base64 that lost its start", std[1:], identifier.ReasonBadHashLength, ""},
		{"base64 with two for one of padding", std + "=", identifier.ReasonBadHashLength, ""},
		{"base64 of both alphabets", "+_" + std[2:], identifier.ReasonBadHashLength, ""},
		{"base64 with bits to spare", strings.Repeat("A", 42) + "B=", identifier.ReasonBadHashLength, ""},
		{"base64 of more", strings.Repeat("A", 100), identifier.ReasonBadHashLength, ""},
		{"two hashes", lower + ";" + lower, identifier.ReasonSeveral, ""},
		{"two hashes with white space", lower + " 0x" + lower, identifier.ReasonSeveral, ""},
		{"an address", "jane@example.com", identifier.ReasonNotHash, identifier.Accepted},
		{"words", "no hash here", identifier.ReasonNotHash, identifier.ReasonInnerSpace},
		{"a hash with a remark", lower + " (Jane)", identifier.ReasonNotHash, identifier.ReasonInnerSpace},
		{"blank", " ", identifier.ReasonEmpty, identifier.ReasonEmpty},
		{"a placeholder", "NULL", identifier.ReasonEmpty, identifier.ReasonEmpty},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			form, reason := identifier.Hash(identifier.Email, tt.text)
			if reason != tt.reason || form != (identifier.Form{}) {
				t.Errorf("reason %q, want %q and no form", reason, tt.reason)
			}
			want := tt.read
			if tt.reason != identifier.ReasonNotHash && tt.read == "" {
				want = tt.reason
			}
			if _, reason = identifier.Read(identifier.Email, tt.text, ""); reason != want {
				t.Errorf("Read: reason %q, want %q", reason, want)
			}
		})
	}
}

// TestJunk checks the placeholders, and their hashes against the digests as they
// were collected from lists.
func TestJunk(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, digest string }{
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"\n", "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b"},
		{"null", "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"},
		{"NULL", "fb329000228cc5a24c264c57139de8bf854fc86fc18bf1c04ab61a2b5cb4b921"},
		{"undefined", "eb045d78d273107348b0300c01d29b7552d622abbc6faf81b3ec55359aa9950c"},
		{"none", "140bedbf9c3f6d56a9846d2ba7088798683f4da0c248231336e6a05679e4fdfe"},
		{"None", "dc937b59892604f5a86ac96936cd7ff09e25f18ae6b758e8014a24c7fa039e91"},
		{"nan", "9b2d5b4678781e53038e91ea5324530a03f27dc1d0e5f6c9bc9d493a23be9de0"},
		{"NaN", "d5b592c05dc25b5032553f1b27f4139be95e881f73db33b02b05ab20c3f9981e"},
		{"n/a", "a683c5c5349f6f7fb903ba8a9e7e55d0ba1b8f03579f95be83f4954c33e81098"},
		{"unknown", "b23a6a8439c0dde5515893e7c90c1e3233b8616e634470f20dc4928bcf3609bc"},
		{"0", "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"},
		{"-", "3973e022e93220f9212c18d0d0c543ae7c309e46640da93a4a0314de999f5112"},
	}
	for _, tt := range tests {
		t.Run("of "+tt.text, func(t *testing.T) {
			t.Parallel()
			raw, err := hex.DecodeString(tt.digest)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range []identifier.Kind{identifier.Email, identifier.Phone} {
				for _, text := range []string{tt.text, tt.digest, base64.StdEncoding.EncodeToString(raw)} {
					if cell, reason := identifier.Read(k, text, ""); reason != identifier.ReasonEmpty || cell.Identity != (identifier.Form{}) {
						t.Errorf("Read as %s of %q: reason %q, want empty", k, text, reason)
					}
					if _, reason := identifier.Hash(k, text); reason != identifier.ReasonEmpty {
						t.Errorf("Hash as %s of %q: reason %q, want empty", k, text, reason)
					}
				}
				if forms, reason := contactForms(k, tt.text, ""); reason != identifier.ReasonEmpty || forms != nil {
					t.Errorf("Contact as %s: reason %q, want empty", k, reason)
				}
			}
		})
	}
}
