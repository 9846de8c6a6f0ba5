package identifier_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/selvedge/selvedge/identifier"
)

// vector is a line of testdata/vectors.
type vector struct {
	System string  `json:"system"`
	Kind   string  `json:"kind"`
	Input  string  `json:"input"`
	Region string  `json:"default_region"`
	SHA256 *string `json:"sha256_hex"`
}

func readVectors(t *testing.T, name string) []vector {
	t.Helper()
	f, err := os.Open("testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var vs []vector
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var v vector
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatalf("%s line %d: %v", name, len(vs)+1, err)
		}
		vs = append(vs, v)
	}
	if len(vs) == 0 {
		t.Fatalf("%s is empty", name)
	}
	return vs
}

// TestVectors runs every published vector. What is expected comes from the line:
// its hash is among the forms of a contact point with that value, and a line
// whose source calls the input invalid is refused. The one way out is a row of
// the table of deviations.
func TestVectors(t *testing.T) {
	t.Parallel()
	vs := readVectors(t, "identifiers.jsonl")
	used := make(map[vectorKey]bool)
	byRule := make(map[string]int)
	contained, refused := 0, 0
	for i, v := range vs {
		kind, ok := identifier.ParseKind(v.Kind)
		if !ok {
			t.Fatalf("line %d: kind %q", i+1, v.Kind)
		}
		forms, reason := contactForms(kind, v.Input, v.Region)
		agrees := v.SHA256 == nil && reason != identifier.Accepted ||
			v.SHA256 != nil && containsHex(forms, *v.SHA256)
		key := vectorKey{v.System, kind, v.Input}
		d, deviates := deviations[key]
		switch {
		case deviates && kind == identifier.Email && v.SHA256 != nil:
			t.Errorf("line %d: no deviation may stand for an e-mail address that a sender hashes", i+1)
		case deviates && agrees:
			t.Errorf("line %d, %s %q: is in the table of deviations and is none", i+1, v.System, v.Input)
		case deviates:
			used[key] = true
			byRule[d.rule]++
			if reason != d.reason {
				t.Errorf("line %d, %s %q: reason %q, the deviation says %q", i+1, v.System, v.Input, reason, d.reason)
			}
			checkDeclared(t, v, d)
		case !agrees && v.SHA256 == nil:
			t.Errorf("line %d, %s %q: accepted, and the source calls it invalid", i+1, v.System, v.Input)
		case !agrees:
			t.Errorf("line %d, %s %q: the source's hash is not among the %d forms (reason %q)", i+1, v.System, v.Input, len(forms), reason)
		case v.SHA256 == nil:
			refused++
		default:
			contained++
		}
	}
	for key := range deviations {
		if !used[key] {
			t.Errorf("deviation %v stands for no line", key)
		}
	}
	var rules []string
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		rules = append(rules, fmt.Sprintf("%s %d", rule, byRule[rule]))
	}
	t.Logf("identifiers.jsonl: %d lines, %d contained, %d refused as the source does, deviations: %s",
		len(vs), contained, refused, strings.Join(rules, ", "))
}

// checkDeclared shows that a number which is refused for want of a country is
// read as the source reads it once the list declares the country.
func checkDeclared(t *testing.T, v vector, d deviation) {
	t.Helper()
	if d.declared == "" {
		return
	}
	forms, reason := contactForms(identifier.Phone, v.Input, d.declared)
	if !containsHex(forms, *v.SHA256) {
		t.Errorf("%s %q with default country %s: the source's hash is not among the forms (reason %q)", v.System, v.Input, d.declared, reason)
	}
}

func containsHex(forms []identifier.Form, sha256 string) bool {
	return slices.ContainsFunc(forms, func(f identifier.Form) bool { return f.Digest.Hex() == sha256 })
}

// TestHashVectors runs every line of hashes.jsonl through Hash, for both kinds,
// and through Read, which has to tell a hash from a value by itself.
func TestHashVectors(t *testing.T) {
	t.Parallel()
	// UID2 wants the padding. Without it the 32 bytes are the same, and senders
	// whose base64 has none are read (facts of the field, not of one system).
	const unpadded = "DH5qQFhi5ALrdqcPiib8cy0Hwykx6frpqxWCkR0uijs"
	lenient := 0
	vs := readVectors(t, "hashes.jsonl")
	for i, v := range vs {
		want := v.SHA256
		if want == nil && v.Input == unpadded {
			lenient++
			want = vs[0].SHA256 // the line with the same text, padded
			if vs[0].Input != unpadded+"=" {
				t.Fatal("line 1 is not the padded text")
			}
		}
		for _, kind := range []identifier.Kind{identifier.Email, identifier.Phone} {
			form, reason := identifier.Hash(kind, v.Input)
			cell, readReason := identifier.Read(kind, v.Input, "")
			if want == nil {
				if reason == identifier.Accepted || readReason == identifier.Accepted {
					t.Errorf("line %d as %s: Hash %q, Read %q; the source refuses it", i+1, kind, reason, readReason)
				}
				continue
			}
			if reason != identifier.Accepted || form.Digest.Hex() != *want || form.Class != kind.Class() {
				t.Errorf("line %d as %s: Hash gives another form (reason %q)", i+1, kind, reason)
			}
			if cell.Identity != form || !cell.Hashed || len(cell.Also()) > 0 {
				t.Errorf("line %d as %s: Read gives another cell (reason %q)", i+1, kind, readReason)
			}
		}
	}
	if lenient != 1 {
		t.Errorf("the deviation for unpadded base64 stands for %d lines, want 1", lenient)
	}
	t.Logf("hashes.jsonl: %d lines, %d taken that the source refuses (no padding)", len(vs), lenient)
}
