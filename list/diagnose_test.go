package list_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	xunicode "golang.org/x/text/encoding/unicode"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
)

// hashedAs is a row of the table in docs/doctor.md.
type hashedAs struct{ probe, recipe, hash string }

// doctorPage reads the table, and checks that each hash is of what is said to have
// been hashed.
func doctorPage(t *testing.T) (out []hashedAs) {
	t.Helper()
	page, err := os.ReadFile("../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+-\\d)` \\| `(\\w+)` \\| `(UTF-16 of |hash of )?(\".*\")` \\| `([0-9a-f]{64})` \\|$").FindAllStringSubmatch(string(page), -1) {
		var text string
		if err := json.Unmarshal([]byte(m[4]), &text); err != nil {
			t.Fatal(err)
		}
		switch m[3] {
		case "UTF-16 of ":
			text, err = xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM).NewEncoder().String(text)
			if err != nil {
				t.Fatal(err)
			}
		case "hash of ":
			sum := sha256.Sum256([]byte(text))
			text = string(sum[:])
		}
		if hashed(text) != m[5] {
			t.Errorf("%s, %s: the page has another hash of %q", m[1], m[2], text)
		}
		out = append(out, hashedAs{m[1], m[2], m[5]})
	}
	if len(out) < 90 {
		t.Fatalf("%d rows in the table", len(out))
	}
	return out
}

// TestDoctor: every hash on the page is recognised for what it is, in whatever
// case and column, and reaches nobody.
func TestDoctor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, h := range doctorPage(t) {
		kind, other := "email", "phone"
		if strings.HasPrefix(h.probe, "phone") {
			kind, other = other, kind
		}
		for _, c := range []struct{ column, cell, recipe string }{
			{kind, h.hash, h.recipe}, {kind, strings.ToUpper(h.hash), h.recipe}, {other, h.hash, "wrong_column"},
		} {
			report, s := b.receive(t, c.column+"\n"+c.cell+"\n"+hashed("anna@example.com")+"\n", "")
			want := []list.ProbeResult{{Probe: h.probe, Recipe: list.Recipe(c.recipe), Count: 1}}
			if diff := cmp.Diff(want, report.Probes); diff != "" || s.Len(identifier.ClassEmail)+s.Len(identifier.ClassPhone) != 1 || report.Rows.Refused != 1 {
				t.Errorf("%s, %s in a column of %ss: rows %+v:\n%s", h.probe, h.recipe, c.column, report.Rows, diff)
			}
		}
	}
}

// TestProbesInTheClear are recognised too, and each recipe of each probe can be
// found, with a text.
func TestProbesInTheClear(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, h := range doctorPage(t) {
		found[h.recipe] = true
	}
	b := newBench(t)
	for _, p := range list.Probes() {
		report, s := b.receive(t, p.Kind.String()+"\n\""+p.Text+"\"\nx\n", "US")
		want := []list.ProbeResult{{Probe: p.Name, Recipe: list.InTheClear, Count: 1}}
		if diff := cmp.Diff(want, report.Probes); diff != "" || s.Len(p.Kind.Class()) != 0 {
			t.Errorf("%s (-want +got):\n%s", p.Name, diff)
		}
		batch, faults := b.members(t, list.Add, list.Member{Emails: []string{p.Text}}, list.Member{Phones: []string{p.Text}})
		if len(faults) != 2 || batch.Report.Rows.Used != 0 {
			t.Errorf("%s in a batch: %+v", p.Name, faults)
		}
	}
	for _, r := range list.Recipes() {
		if r != list.InTheClear && r != list.WrongColumn && !found[string(r)] {
			t.Errorf("the page has no hash of the recipe %s", r)
		}
		got := list.Diagnose(list.Report{Probes: []list.ProbeResult{{Probe: "email-1", Recipe: r, Count: 3}}}, list.Declaration{})
		if len(got) != 1 || got[0].Text == "" || got[0].Count != 3 || got[0].Finding != "probe_"+string(r) {
			t.Errorf("%s: %+v", r, got)
		}
	}
}

// TestDiagnosis of what is seen without probes.
func TestDiagnosis(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	hash := hashed("anna@example.com")
	for name, c := range map[string]struct {
		text  string
		rules list.HashRules
		want  []list.Finding
	}{
		"nothing":         {"email\nanna@example.com\n" + hash + "\n", "", []list.Finding{}},
		"MD5 and SHA-1":   {"email\n" + hash[:32] + "\n" + hash[:40] + "\n", "", []list.Finding{{Finding: "other_hash", Count: 2}}},
		"SHA-512":         {"email\n" + hash + hash + "\n", "", []list.Finding{{Finding: "other_hash", Count: 1}}},
		"a character off": {"email\n" + hash[:63] + "\n" + hash + "0\n", "", []list.Finding{{Finding: "damaged_hash", Count: 2}}},
		"hex of hex":      {"email\n" + hex.EncodeToString([]byte(hash)) + "\n", "", []list.Finding{{Finding: "encoded_twice", Count: 1}}},
		"hex of HEX":      {"email\n" + strings.ToUpper(hex.EncodeToString([]byte(strings.ToUpper(hash)))) + "\n", "", []list.Finding{{Finding: "encoded_twice", Count: 1}}},
		"no country":      {"phone,country\n2125550147,\n2125550148,Atlantis\n", "", []list.Finding{{Finding: "national_numbers", Count: 2}}},
		"Excel":           {"phone\n4.47912E+11\n", "", []list.Finding{{Finding: "spreadsheet_damage", Count: 1}}},
		"Gmail dots":      {"email\n" + hash + "\n", list.RulesMeta, []list.Finding{{Finding: "rules_keep_gmail_dots", Count: 1}}},
		"in the clear":    {"email\nanna@example.com\n", list.RulesMeta, []list.Finding{}},
		"Google":          {"email\n" + hash + "\n", list.RulesGoogle, []list.Finding{}},
		"Amazon":          {"email\n" + hash + "\n", list.RulesAmazon, []list.Finding{{Finding: "rules_delete_characters", Count: 1}}},
		"LiveRamp":        {"email\n" + hash + "\n", list.RulesLiveRamp, []list.Finding{{Finding: "rules_other_numbers", Count: 1}}},
	} {
		report, _ := b.receive(t, c.text, "")
		got := list.Diagnose(report, list.Declaration{HashRules: c.rules})
		for i := range got {
			if got[i].Text == "" {
				t.Errorf("%s: %s has no text", name, got[i].Finding)
			}
			got[i].Text = ""
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
