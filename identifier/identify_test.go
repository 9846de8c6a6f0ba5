package identifier_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
)

// hexOf returns the hex text of a hash, as a sender makes it.
func hexOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// answerLine writes the line that Identify answers with these forms.
func answerLine(class string, texts ...string) string {
	forms := make([]string, len(texts))
	for i, s := range texts {
		forms[i] = `{"class":"` + class + `","sha256":"` + hexOf(s) + `"}`
	}
	return `{"forms":[` + strings.Join(forms, ",") + `],"refused":""}`
}

func refusedLine(word string) string { return `{"forms":[],"refused":"` + word + `"}` }

func TestIdentify(t *testing.T) {
	t.Parallel()
	hash := hexOf("jane@example.com")
	for _, tt := range []struct{ name, line, want string }{
		{"an address", `{"kind":"email","value":" Jane@Example.com"}`, answerLine("email", "jane@example.com")},
		{
			"a Gmail address has all forms in order", `{"kind":"email","value":"j.a+x@gmail.com"}`,
			answerLine("email", "j.a+x@gmail.com", "ja@gmail.com", "ja+x@gmail.com", "j.a@gmail.com",
				"j.a+x@googlemail.com", "ja@googlemail.com", "ja+x@googlemail.com", "j.a@googlemail.com"),
		},
		{"a number", `{"kind":"phone","value":"+44 20 7946 0958"}`, answerLine("phone", "+442079460958", "442079460958")},
		{"a national number", `{"kind":"phone","value":"020 7946 0958","default_region":"GB"}`, answerLine("phone", "+442079460958", "442079460958")},
		{"a hash is one form", `{"kind":"email","value":"` + strings.ToUpper(hash) + `"}`, answerLine("email", "jane@example.com")},
		{"a hashed number", `{"kind":"phone","value":"` + hash + `"}`, answerLine("phone", "jane@example.com")},
		{"another member is not looked at", `{"id":7,"kind":"email","value":"jane@example.com"}`, answerLine("email", "jane@example.com")},
		{"a refused value", `{"kind":"email","value":"jane"}`, refusedLine("not_an_email")},
		{"a refused hash", `{"kind":"email","value":"` + hash[:32] + `"}`, refusedLine("md5")},
		{"a hash of a placeholder", `{"kind":"email","value":"` + hexOf("null") + `"}`, refusedLine("empty")},
		{"a bad region", `{"kind":"phone","value":"+442079460958","default_region":"UK"}`, refusedLine("bad_default_country")},
		{"no value", `{"kind":"email"}`, refusedLine("empty")},
		{"no kind", `{"value":"jane@example.com"}`, refusedLine("no_kind")},
		{"an unknown kind", `{"kind":"fax","value":"jane@example.com"}`, refusedLine("no_kind")},
		{"an unknown kind with a hash", `{"kind":"fax","value":"` + hash + `"}`, refusedLine("no_kind")},
		{"null", `null`, refusedLine("no_kind")},
		{"no JSON", `jane@example.com`, refusedLine("bad_json")},
		{"a blank line", ``, refusedLine("bad_json")},
		{"an array", `["email"]`, refusedLine("bad_json")},
		{"a number for the value", `{"kind":"phone","value":442079460958}`, refusedLine("bad_json")},
		{"two objects", `{"kind":"email"}{"kind":"email"}`, refusedLine("bad_json")},
		{"broken UTF-8", "{\"kind\":\"email\",\"value\":\"ja\xffne@example.com\"}", refusedLine("bad_json")},
		{"half a surrogate pair", `{"kind":"email","value":"ja\ud83dne@example.com"}`, refusedLine("not_an_email")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The same with every end of line, and between two others.
			other := `{"kind":"email","value":"x@example.com"}`
			want := answerLine("email", "x@example.com") + "\n" + tt.want + "\n" + answerLine("email", "x@example.com") + "\n"
			for _, eol := range []string{"\n", "\r\n"} {
				in := other + eol + tt.line + eol + other
				for _, end := range []string{"", eol} {
					var out bytes.Buffer
					if err := identifier.Identify(strings.NewReader(in+end), &out); err != nil {
						t.Fatal(err)
					}
					if d := cmp.Diff(want, out.String()); d != "" {
						t.Error(d)
					}
				}
			}
		})
	}
}

func TestIdentifyNothing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := identifier.Identify(strings.NewReader(""), &out); err != nil || out.Len() != 0 {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// TestIdentifyLongLine: 64 KiB is read, one byte more ends the work, with what
// was before it answered.
func TestIdentifyLongLine(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	good := `{"kind":"email","value":"jane@example.com"}`
	pad := func(n int) string { return good + strings.Repeat(" ", n-len(good)) }
	answered := answerLine("email", "jane@example.com") + "\n"
	for _, eol := range []string{"\n", "\r\n", ""} {
		var out bytes.Buffer
		if err := identifier.Identify(strings.NewReader(good+"\n"+pad(limit)+eol), &out); err != nil || out.String() != answered+answered {
			t.Errorf("64 KiB and %q: %v", eol, err)
		}
		for _, n := range []int{limit + 1, limit + 2, limit + 3, 3 * limit} {
			out.Reset()
			err := identifier.Identify(strings.NewReader(good+"\n"+good+"\n"+pad(n)+eol), &out)
			e, ok := errors.AsType[*selvedge.Error](err)
			if !ok || e.Code != selvedge.CodeTooLarge || e.Row != 3 {
				t.Errorf("%d bytes and %q: error %v, want one of line 3", n, eol, err)
			}
			if out.String() != answered+answered {
				t.Errorf("%d bytes and %q: the lines before it are not answered", n, eol)
			}
		}
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// TestIdentifyErrors: errors of the reader and the writer come back, with the
// line, and without a value.
func TestIdentifyErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	good := `{"kind":"email","value":"jane@example.com"}` + "\n"
	var out bytes.Buffer
	err := identifier.Identify(io.MultiReader(strings.NewReader(good), iotest.ErrReader(broken)), &out)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("reader: %v", err)
	}
	if out.String() != answerLine("email", "jane@example.com")+"\n" {
		t.Error("the line before the error is not answered")
	}
	for _, lines := range []int{1, 1000} { // within the buffer, and beyond it
		err = identifier.Identify(strings.NewReader(strings.Repeat(good, lines)), brokenWriter{broken})
		if !errors.Is(err, broken) || strings.Contains(err.Error(), "jane") {
			t.Errorf("writer, %d lines: %v", lines, err)
		}
	}
}

// TestIdentifyVectors: what another program would be told about every published
// vector is what Contact says.
func TestIdentifyVectors(t *testing.T) {
	t.Parallel()
	vs := readVectors(t, "identifiers.jsonl")
	var in, out bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, v := range vs {
		if err := enc.Encode(map[string]string{"kind": v.Kind, "value": v.Input, "default_region": v.Region}); err != nil {
			t.Fatal(err)
		}
	}
	if err := identifier.Identify(&in, &out); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&out)
	for i, v := range vs {
		var a struct {
			Forms   []struct{ Class, SHA256 string }
			Refused string
		}
		if err := dec.Decode(&a); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		kind, _ := identifier.ParseKind(v.Kind)
		forms, reason := contactForms(kind, v.Input, v.Region)
		// Two of UID2's phone inputs are hashes, which Contact does not read.
		if form, hashed := identifier.Hash(kind, v.Input); hashed == identifier.Accepted {
			forms, reason = []identifier.Form{form}, hashed
		}
		if len(a.Forms) != len(forms) || (a.Refused == "") != (reason == identifier.Accepted) {
			t.Errorf("line %d: %d forms, refused %q; want %d, %q", i+1, len(a.Forms), a.Refused, len(forms), reason)
			continue
		}
		for j, f := range forms {
			if a.Forms[j].Class != f.Class.String() || a.Forms[j].SHA256 != f.Digest.Hex() {
				t.Errorf("line %d: form %d differs", i+1, j)
			}
		}
	}
	if dec.More() {
		t.Error("more answers than lines")
	}
}
