package purpose_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
)

// TestNumbersNeverChange holds the numbers that stand in databases and files
// against a list written by hand.
func TestNumbersNeverChange(t *testing.T) {
	t.Parallel()
	want := map[uint8]string{
		1: "sec.2fa", 2: "sec.recovery", 3: "sec.reauth", 4: "sec.login_alert", 5: "sec.fraud",
		8: "svc.account", 9: "svc.notify", 10: "svc.billing", 11: "svc.contact_discovery",
		16: "mkt.email", 17: "mkt.sms",
		24: "ads.match.advertiser", 25: "ads.match.partner", 26: "ads.suppress",
	}
	got := map[uint8]string{}
	for _, p := range purpose.All() {
		got[uint8(p)] = p.String()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	last := purpose.Unknown
	for _, p := range purpose.All() {
		if p <= last {
			t.Errorf("%s comes after %s", p, last)
		}
		last = p
		if back, err := purpose.Parse(p.String()); back != p || err != nil {
			t.Errorf("Parse(%q) = %s, %v", p, back, err)
		}
		if ads := strings.HasPrefix(p.String(), "ads."); p.Matchable() != ads {
			t.Errorf("%s matchable: %t", p, !ads)
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	var zero purpose.Purpose
	for _, p := range []purpose.Purpose{zero, 6, 7, 12, 27, 31, 32, 255} {
		if p.String() != "unknown" || p.DPV() != "" || p.Matchable() {
			t.Errorf("number %d is %s, %q, matchable %t", uint8(p), p, p.DPV(), p.Matchable())
		}
	}
	if p, err := purpose.Parse("unknown"); p != purpose.Unknown || err != nil {
		t.Errorf("Parse(unknown) = %s, %v", p, err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "ads", "ads.*", "ADS.SUPPRESS", " ads.suppress", "ads.measure", "secret@example.com"} {
		p, err := purpose.Parse(name)
		e, ok := err.(*selvedge.Error)
		if p != purpose.Unknown || !ok || e.Code != selvedge.CodeInvalid || e.Reason != "unknown_purpose" {
			t.Errorf("Parse(%q) = %s, %v", name, p, err)
		}
		if err != nil && name != "" && strings.Contains(err.Error(), name) {
			t.Errorf("the error repeats %q", name)
		}
	}
}

// TestTableIsDocumented compares docs/purposes.md with the package row by row.
func TestTableIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/purposes.md")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for l := range strings.Lines(string(page)) {
		cells := strings.Split(strings.ReplaceAll(l, "`", ""), "|")
		if len(cells) < 5 || !strings.Contains(cells[2], ".") && strings.TrimSpace(cells[2]) != "unknown" {
			continue
		}
		got = append(got, fmt.Sprintf("%s %s %s %s", strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]),
			strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])))
	}
	var want []string
	for _, p := range append([]purpose.Purpose{purpose.Unknown}, purpose.All()...) {
		term, matchable := "none", "no"
		if p.DPV() != "" {
			term = "dpv:" + strings.TrimPrefix(p.DPV(), "https://w3id.org/dpv#")
		}
		if p.Matchable() {
			matchable = "yes"
		}
		want = append(want, fmt.Sprintf("%d %s %s %s", uint8(p), p, term, matchable))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/purposes.md (-want +got):\n%s", diff)
	}
}
