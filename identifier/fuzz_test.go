package identifier_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
)

// seeds are the values of the published vectors and a few that are near a rule.
func seeds(f *testing.F, add func(kind identifier.Kind, value, region string)) {
	f.Helper()
	t := &testing.T{}
	for _, v := range readVectors(t, "identifiers.jsonl") {
		k, _ := identifier.ParseKind(v.Kind)
		add(k, v.Input, v.Region)
	}
	for _, s := range []string{
		"J.ane+x@ＧＭＡＩＬ.com", "jane@xn--bcher-kva.example", "İ@ü.example", `="mailto:Jane <a b@example.com>"`, "a@b.c;d@e.f", `"`, `=""`,
	} {
		add(identifier.Email, s, "")
	}
	for _, s := range []string{
		"4.47912345678E+11", "'+447912345678.0", "tel:+1-800-FLOWERS;ext=12", "＋４４（２０）７９４６－０９５８", "1/2;3", "+44+44",
	} {
		add(identifier.Phone, s, "GB")
	}
}

func FuzzContact(f *testing.F) {
	seeds(f, func(k identifier.Kind, value, region string) { f.Add(uint8(k), value, region) })
	f.Fuzz(func(t *testing.T, kind uint8, value, region string) {
		checkReadFindsContact(t, identifier.Kind(kind), value, region)
	})
}

func FuzzRead(f *testing.F) {
	seeds(f, func(k identifier.Kind, value, region string) { f.Add(uint8(k), value, region) })
	f.Add(uint8(identifier.Email), `="0x`+strings.Repeat("Ab", 32)+`"`, "")
	f.Fuzz(func(t *testing.T, kind uint8, value, region string) {
		k := identifier.Kind(kind)
		cell, reason := identifier.Read(k, value, region)
		if reason != identifier.Accepted {
			if cell.Identity != (identifier.Form{}) || len(cell.Also()) > 0 || cell.Hashed || cell.Repaired {
				t.Fatalf("refused as %s, with forms", reason)
			}
			if reason.Text() == "" {
				t.Fatalf("%q is no reason", reason)
			}
			return
		}
		if cell.Identity.Class != k.Class() {
			t.Fatal("another class")
		}
		if cell.Hashed && len(cell.Also()) > 0 {
			t.Fatal("further forms of a hash")
		}
		seen := map[identifier.Form]bool{cell.Identity: true}
		for _, form := range cell.Also() {
			if seen[form] {
				t.Fatal("a form stands twice")
			}
			seen[form] = true
		}
	})
}

func FuzzHash(f *testing.F) {
	for _, v := range readVectors(&testing.T{}, "hashes.jsonl") {
		f.Add(v.Input)
	}
	for _, n := range []int{22, 27, 32, 40, 43, 64, 86, 88, 128} {
		f.Add(strings.Repeat("a", n))
		f.Add(`"0x` + strings.Repeat("7", n) + `=="`)
	}
	f.Fuzz(func(t *testing.T, text string) {
		form, reason := identifier.Hash(identifier.Email, text)
		if reason != identifier.Accepted {
			if form != (identifier.Form{}) || reason.Text() == "" {
				t.Fatalf("refused as %q, with a form or without a sentence", reason)
			}
			return
		}
		if again, reason := identifier.Hash(identifier.Email, form.Digest.Hex()); reason != identifier.Accepted || again != form {
			t.Fatalf("does not come back from its hex (%s)", reason)
		}
		// What Hash reads, Read takes for a hash.
		if cell, reason := identifier.Read(identifier.Email, text, ""); reason != identifier.Accepted || !cell.Hashed || cell.Identity != form {
			t.Fatalf("Read does not take it for a hash (%s)", reason)
		}
	})
}

func FuzzIdentify(f *testing.F) {
	f.Add([]byte(`{"kind":"email","value":"jane@example.com"}` + "\n\n" + `{"kind":"phone","value":"0171 1234567","default_region":"DE"}`))
	f.Add([]byte(`{"kind":"fax"}` + "\r\n" + `{"kind":"email","value":"ja\ud83dne@x.com"}`))
	f.Add([]byte("null\n[]\n7"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		err := identifier.Identify(bytes.NewReader(in), &out)
		lines := bytes.Count(in, []byte("\n"))
		if len(in) > 0 && in[len(in)-1] != '\n' {
			lines++
		}
		if err != nil {
			e, ok := errors.AsType[*selvedge.Error](err)
			if !ok || e.Code != selvedge.CodeTooLarge || e.Row < 1 || e.Row > int64(lines) {
				t.Fatalf("error %v of %d lines", err, lines)
			}
			lines = int(e.Row) - 1
		}
		if got := bytes.Count(out.Bytes(), []byte("\n")); got != lines {
			t.Fatalf("%d answers to %d lines", got, lines)
		}
		for line := range bytes.Lines(out.Bytes()) {
			var a struct {
				Forms   []any
				Refused string
			}
			if err := json.Unmarshal(line, &a); err != nil {
				t.Fatal(err)
			}
			if a.Forms == nil || (len(a.Forms) == 0) != (a.Refused != "") {
				t.Fatalf("an answer with %d forms, refused %q", len(a.Forms), a.Refused)
			}
		}
	})
}
