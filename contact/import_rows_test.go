package contact_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/purpose"
)

// TestAccountRows has one row of each kind. A refused row is left out, and the
// others are taken.
func TestAccountRows(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 128)
	rows := []struct{ row, refused string }{
		{"u1,IT,adult,2026-03-01,active", ""},
		{"u2,,minor,,deactivated", ""},
		{"!~,GB,unknown,1999-12-31,active", ""},
		{long + ",IT,adult,,active", ""},
		{",IT,adult,,active", "bad_account"},
		{long + "a,IT,adult,,active", "bad_account"},
		{"u 3,IT,adult,,active", "bad_account"},
		{"ü3,IT,adult,,active", "bad_account"},
		{"u3,it,adult,,active", "bad_country"},
		{"u3,ITA,adult,,active", "bad_country"},
		{"u3,IT,,,active", "bad_age_class"},
		{"u3,IT,Adult,,active", "bad_age_class"},
		{"u3,IT,adult,,", "bad_state"},
		{"u3,IT,adult,,suspended", "bad_state"},
		{"u3,IT,adult,2026-02-30,active", "bad_date"},
		{"u3,IT,adult,01/03/2026,active", "bad_date"},
		{"u3,IT,adult,2026-03-01T10:00:00Z,active", "bad_date"},
		{"U1,IT,adult,,active", ""}, // another account than u1
		{"u1,IT,adult,2026-03-01,active", "unchanged"},
		{"u1,GB,adult,2026-03-01,active", "changed"},
	}
	want := contact.AccountsReport{Read: int64(len(rows)), Created: 5, Changed: 1, Unchanged: 1}
	var text strings.Builder
	refused := map[string]*contact.Refusal{}
	for i, r := range rows {
		text.WriteString(r.row + "\n")
		if r.refused == "" || r.refused == "changed" || r.refused == "unchanged" {
			continue
		}
		want.Refused++
		if refused[r.refused] == nil {
			refused[r.refused] = &contact.Refusal{Reason: identifier.Reason(r.refused)}
		}
		refused[r.refused].Count++
		refused[r.refused].Rows = append(refused[r.refused].Rows, int64(i+2)) // the header is row 1
	}
	for _, reason := range []string{"bad_account", "bad_age_class", "bad_country", "bad_date", "bad_state"} {
		want.Refusals = append(want.Refusals, *refused[reason])
	}
	p := newPlatform(t)
	if diff := cmp.Diff(want, p.load(t, text.String(), "").Accounts); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	for account, country := range map[string]string{"u1": "GB", "u2": "", "!~": "GB", "U1": "IT", long: "IT"} {
		a, views, err := p.asked(t, office, account)
		if err != nil || a.Country != country || len(views) != 0 {
			t.Errorf("%s: %+v, %d contact points, %v", account, a, len(views), err)
		}
	}
}

// TestPointRows spoils a good row in one column at a time.
func TestPointRows(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"account": "u1", "kind": "email", "value": "jane@example.com", "sha256": "", "region": "",
		"prompt": "offers@1", "given_at": "2026-03-01T10:00:00Z", "verified_at": "2026-03-01T10:01:00Z", "verified_by": "code",
	}
	columns := []string{"account", "kind", "value", "sha256", "region", "prompt", "given_at", "verified_at", "verified_by"}
	sum := sumOf("jane@example.com")
	p, n := newPlatform(t), 0
	for name, c := range map[string]struct {
		set    string // column=value, separated by |
		reason string // "" if the row is taken
	}{
		"as it is":                {"", ""},
		"no account":              {"account=", "bad_account"},
		"account with a blank":    {"account=u 1", "bad_account"},
		"account not in accounts": {"account=U1", "unknown_account"},
		"no kind":                 {"kind=", "bad_kind"},
		"kind in capitals":        {"kind=Email", "bad_kind"},
		"no such kind":            {"kind=fax", "bad_kind"},

		"neither value nor hash":  {"value=", "value_or_sha256"},
		"both":                    {"sha256=" + sum, "value_or_sha256"},
		"no address":              {"value=jane", "not_an_email"},
		"a placeholder":           {"value=n/a", "empty"},
		"two addresses":           {"value=jane@example.com;joe@example.com", "several_values"},
		"a hash as a value":       {"value=" + sum, "not_an_email"},
		"a hash":                  {"value=|sha256=" + sum, ""},
		"hash in capitals":        {"value=|sha256=" + strings.ToUpper(sum), ""},
		"several hashes":          {"value=|sha256=" + sum + " " + sumOf("other"), ""},
		"a hash twice":            {"value=|sha256=" + sum + " " + strings.ToUpper(sum), ""},
		"MD5":                     {"value=|sha256=" + sum[:32], "md5"},
		"SHA-1":                   {"value=|sha256=" + sum[:40], "sha1"},
		"SHA-512":                 {"value=|sha256=" + sum + sum, "sha512"},
		"hash cut":                {"value=|sha256=" + sum[:63], "bad_length"},
		"an address as a hash":    {"value=|sha256=jane@example.com", "not_a_hash"},
		"blank hash":              {"value=|sha256= ", "empty"},
		"hash of nothing":         {"value=|sha256=" + sumOf(""), "empty"},
		"a good and a bad hash":   {"value=|sha256=" + sum + " " + sum[:32], "md5"},
		"phone, national":         {"kind=phone|value=07700 900123|region=GB", ""},
		"phone, international":    {"kind=phone|value=+447700900123", ""},
		"phone without a country": {"kind=phone|value=07700 900123", "no_country_code"},
		"phone too short":         {"kind=phone|value=+4477|region=GB", "impossible_number"},
		"no such region":          {"kind=phone|value=07700 900123|region=XX", "bad_default_country"},
		"no number":               {"kind=phone|value=call me", "not_a_phone"},

		"no prompt":              {"prompt=", "bad_prompt_name"},
		"prompt without version": {"prompt=offers", "bad_prompt_name"},
		"prompt not registered":  {"prompt=legacy@1", ""},

		"no given_at":               {"given_at=", "bad_time"},
		"a day":                     {"given_at=2026-03-01", "bad_time"},
		"no zone":                   {"given_at=2026-03-01T10:00:00", "bad_time"},
		"another zone":              {"given_at=2026-03-01T10:00:00+01:00", ""},
		"nanoseconds":               {"given_at=2026-03-01T10:00:00.123456789Z", ""},
		"the year 1":                {"given_at=0001-01-01T00:00:00Z", "bad_time"},
		"before 1970":               {"given_at=1969-12-31T23:59:59Z", "bad_time"},
		"1970":                      {"given_at=1970-01-01T00:00:00Z", ""},
		"given now":                 {"given_at=" + ago(0) + "|verified_at=" + ago(0), ""},
		"given later":               {"given_at=" + ago(-1) + "|verified_at=" + ago(-1), "in_the_future"},
		"verified later":            {"verified_at=" + ago(-1), "in_the_future"},
		"verified before given":     {"verified_at=2026-01-01T00:00:00Z", ""},
		"bad verified_at":           {"verified_at=yes", "bad_time"},
		"verified in the year 1":    {"verified_at=0001-01-01T00:00:00Z", "bad_time"},
		"not verified":              {"verified_at=|verified_by=", ""},
		"verified by nothing":       {"verified_by=", "bad_verified_by"},
		"never, and by code":        {"verified_at=", "bad_verified_by"},
		"verified by two words":     {"verified_by=e mail", "bad_verified_by"},
		"verified by a digit":       {"verified_by=2fa", "bad_verified_by"},
		"verified by a long word":   {"verified_by=" + strings.Repeat("a", 33), "bad_verified_by"},
		"verified by an underscore": {"verified_by=e_mail", ""},
	} {
		row := maps.Clone(good)
		for set := range strings.SplitSeq(c.set, "|") {
			if k, v, ok := strings.Cut(set, "="); ok {
				row[k] = v
			}
		}
		// Each case has an account of its own.
		n++
		id := fmt.Sprintf("u%d", n)
		if row["account"] == "u1" {
			row["account"] = id
		}
		var cells []string
		for _, k := range columns {
			cells = append(cells, `"`+row[k]+`"`)
		}
		// The good row of the same account behind a refused one is taken.
		other := id + "@example.com"
		r := p.load(t, adults(id), strings.Join(cells, ",")+"\n"+given(id, other, "offers", 5))
		want := []contact.Refusal{}
		if c.reason != "" {
			want = []contact.Refusal{{Reason: identifier.Reason(c.reason), Count: 1, Rows: []int64{2}}}
		}
		if diff := cmp.Diff(want, r.Points.Refusals); diff != "" {
			t.Errorf("%s: refusals (-want +got):\n%s", name, diff)
		}
		if n := len(p.look(t, id)); n != 2-len(want) {
			t.Errorf("%s: the account has %d contact points", name, n)
		}
		p.wantReach(t, name, other, id)
	}
}

// TestRefusedRowsAreCapped counts all and names the first hundred.
func TestRefusedRowsAreCapped(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	r := p.load(t, adults("u1"), strings.Repeat("u1,fax,1,,,offers@1,,,\n", 150)+strings.Repeat(given("nobody", "a@example.com", "offers", 1), 3))
	got := r.Points.Refusals
	if len(got) != 2 || got[0].Reason != "bad_kind" || got[0].Count != 150 || len(got[0].Rows) != 100 || got[0].Rows[99] != 101 ||
		!cmp.Equal(got[1], contact.Refusal{Reason: "unknown_account", Count: 3, Rows: []int64{152, 153, 154}}) {
		t.Errorf("%+v", got)
	}
}

// TestWhatBecomesOfRows has one row for each line of the report.
func TestWhatBecomesOfRows(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	r := p.load(t, adults("u1", "u2"), given("u1", "a@example.com", "offers", 100)+
		given("u1", "b@example.com", "two-factor", 99)+
		given("u1", "c@example.com", "legacy", 98)+
		given("u1", "d@example.com", "partners", 31*24)+
		unproven(given("u1", "e@example.com", "offers", 97))+
		unproven(given("u1", "f@example.com", "two-factor", 96))+
		unproven(given("u1", "g@example.com", "legacy", 95))+
		given("u1", "a@example.com", "offers", 100)+ // again
		given("u2", "a@example.com", "offers", 100)) // somebody else's
	want := contact.PointsReport{
		Read: 9, Created: 8, Present: 1, Matchable: 2, Unverified: 1, Expired: 1, NotForAds: 2, UnknownPrompt: 2, Refusals: []contact.Refusal{},
	}
	if diff := cmp.Diff(want, r.Points); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	p.wantReach(t, "given for ads", "a@example.com", "u1", "u2")
	for _, a := range []string{"b", "c", "d", "e", "f", "g"} {
		p.wantReach(t, a, a+"@example.com")
	}
	p.wantLog(t, "1-2 grant_on ads.match.advertiser ads.suppress [1 2]")
	if got := p.reach(t, purpose.AdsMatchPartner, "a@example.com"); got != nil {
		t.Errorf("a partner reaches %v", got)
	}
}

// TestColumnsInAnyOrder reads the header, and a byte order mark before it.
func TestColumnsInAnyOrder(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	_, err := p.Import(t.Context(), office,
		text("\ufeffstate,account,active_on,age_class,country\r\nactive,u1,,adult,IT\r\n"),
		text("verified_by,verified_at,given_at,prompt,region,sha256,value,kind,account\ncode,"+ago(1)+","+ago(1)+`,offers@1,,,"jane@example.com",email,u1`+"\n"))
	must(t, err)
	p.wantReach(t, "the address", "jane@example.com", "u1")
}
