package list_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
)

// says are the consents of a list or a row.
func says(userData, personalization list.Consent) list.Consents {
	return list.Consents{AdUserData: userData, AdPersonalization: personalization}
}

// TestConsentOfARow has a row of every sort in every container: a row wins over
// its list, and only the row and the list decide.
func TestConsentOfARow(t *testing.T) {
	t.Parallel()
	const yes, no, none = "GRANTED", "denied", ""
	for name, c := range map[string]struct {
		list          list.Consents
		free          list.Countries
		region        string
		data, perso   string
		country       string
		want          identifier.Reason
		withoutColumn bool
	}{
		"both granted":                     {data: yes, perso: yes},
		"one granted":                      {data: yes, perso: none, want: list.ReasonNoConsent},
		"the other granted":                {data: none, perso: yes, want: list.ReasonNoConsent},
		"none":                             {data: none, perso: none, want: list.ReasonNoConsent},
		"unspecified":                      {data: "CONSENT_STATUS_UNSPECIFIED", perso: yes, want: list.ReasonNoConsent},
		"denied":                           {data: yes, perso: no, want: list.ReasonConsentDenied},
		"no word":                          {data: yes, perso: "yes", want: list.ReasonBadConsent},
		"no word, both granted by list":    {list: says("granted", "granted"), data: "1", want: list.ReasonBadConsent},
		"blank, granted by the list":       {list: says("granted", "granted")},
		"half by the list":                 {list: says("granted", ""), perso: "Granted"},
		"denied, granted by the list":      {list: says("granted", "granted"), data: "Denied", want: list.ReasonConsentDenied},
		"granted, denied by the list":      {list: says("denied", "denied"), data: yes, perso: "consent_granted"},
		"blank, denied by the list":        {list: says("denied", "granted"), data: none, want: list.ReasonConsentDenied},
		"a free country":                   {free: list.Countries{"CA", "US"}, country: "United States"},
		"the list's free country":          {free: list.Countries{"US"}, region: "us"},
		"another country":                  {free: list.Countries{"US"}, country: "DE", want: list.ReasonNoConsent},
		"the row's country is another":     {free: list.Countries{"US"}, region: "US", country: "DE", want: list.ReasonNoConsent},
		"the row's country is not known":   {free: list.Countries{"US"}, region: "US", country: "Atlantis", want: list.ReasonNoConsent},
		"no country at all":                {free: list.Countries{"US"}, want: list.ReasonNoConsent},
		"denied in a free country":         {free: list.Countries{"US"}, country: "US", perso: no, want: list.ReasonConsentDenied},
		"no columns, a free country":       {free: list.Countries{"US"}, country: "US", withoutColumn: true},
		"no columns, another country":      {free: list.Countries{"US"}, country: "FR", withoutColumn: true, want: list.ReasonNoConsent},
		"no columns, granted by the list":  {list: says("granted", "granted"), withoutColumn: true},
		"a free country is not the number": {free: list.Countries{"US"}, country: "DE", region: "US", want: list.ReasonNoConsent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := [][]string{
				{"email", "ad_user_data", "Ad Personalization", "country", "phone"},
				{"anna@example.com", c.data, c.perso, c.country, "+12125550147"},
			}
			if c.withoutColumn {
				for i, row := range rows {
					rows[i] = []string{row[0], row[3], row[4]}
				}
			}
			var csv strings.Builder
			for _, row := range rows {
				csv.WriteString(strings.Join(row, ",") + "\n")
			}
			b := newBench(t)
			b.ConsentFree = c.free
			for container, file := range map[string]string{
				"csv": csv.String(), "ndjson": string(asNDJSON(rows)), "xlsx": string(asWorkbook(rows)), "parquet": string(asParquet(rows)),
			} {
				sealed, err := b.Receive(t.Context(), strings.NewReader(file), list.Options{DefaultRegion: c.region, Declaration: list.Declaration{Consents: c.list}})
				if err != nil {
					t.Fatalf("%s: %v", container, err)
				}
				checkSums(t, sealed.Report)
				var got identifier.Reason
				for _, f := range sealed.Report.Refused {
					got = f.Reason
					if f.Count != 2 || len(f.Rows) != 1 {
						t.Errorf("%s: %+v", container, f)
					}
				}
				s := b.open(t, sealed.Spill)
				used := int64(1)
				if c.want != "" {
					used = 0
				}
				if n := s.Len(identifier.ClassEmail); got != c.want || sealed.Report.Rows.Used != used || int64(n) != used || (sealed.Sidecar != nil) != (used == 1) {
					t.Errorf("%s: reason %q, want %q; rows %+v, %d tokens", container, got, c.want, sealed.Report.Rows, n)
				}
			}
		})
	}
}

// TestNothingInARowWithoutConsent: it is empty, as it would be with one.
func TestNothingInARowWithoutConsent(t *testing.T) {
	t.Parallel()
	report, _ := newBench(t).receive(t, "email,ad_user_data\nanna@example.com,\n,denied\n,\n\n", "")
	if want := (list.Tally{Read: 4, Used: 1, Empty: 3}); report.Rows != want {
		t.Errorf("rows %+v", report.Rows)
	}
	if report.AdUserDataColumn != 2 || report.AdPersonalizationColumn != 0 || report.Dropped != 0 {
		t.Errorf("report %+v", report)
	}
}

// TestListWithoutConsent is refused as a whole, whatever is in it.
func TestListWithoutConsent(t *testing.T) {
	t.Parallel()
	hash := hashed("anna@example.com")
	for name, c := range map[string]struct {
		text, field string
		list        list.Consents
		reason      identifier.Reason
	}{
		"nothing":             {"email\nanna@example.com\n", "ad_user_data", says("", ""), list.ReasonNoConsent},
		"hashed":              {"email\n" + hash + "\n", "ad_user_data", says("", ""), list.ReasonNoConsent},
		"one half":            {"email\nanna@example.com\n", "ad_personalization", says("granted", ""), list.ReasonNoConsent},
		"the other half":      {"email\nanna@example.com\n", "ad_user_data", says("", "granted"), list.ReasonNoConsent},
		"a column for a half": {"email,ad_user_data\nanna@example.com,granted\n", "ad_personalization", says("", ""), list.ReasonNoConsent},
		"denied":              {"email\nanna@example.com\n", "ad_personalization", says("granted", "denied"), list.ReasonConsentDenied},
		"JSON":                {`{"email":"anna@example.com"}`, "ad_user_data", says("", ""), list.ReasonNoConsent},
		"JSON with a half":    {`{"email":"anna@example.com","ad_user_data":"granted"}`, "ad_personalization", says("", ""), list.ReasonNoConsent},
	} {
		b := newBench(t)
		before := b.files(t)
		_, err := b.Receive(t.Context(), strings.NewReader(c.text), list.Options{Declaration: list.Declaration{Consents: c.list}})
		if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeInvalid || e.Field != c.field || e.Reason != string(c.reason) {
			t.Errorf("%s: error is %v", name, err)
		}
		if after := b.files(t); !slices.Equal(before, after) {
			t.Errorf("%s: left %v", name, after)
		}
	}
}

// TestConsentOfMembers is of batches: a removal needs none.
func TestConsentOfMembers(t *testing.T) {
	t.Parallel()
	one := list.Member{Emails: []string{"anna@example.com"}, ExternalID: "7"}
	with := func(c list.Consents) list.Member { m := one; m.Consents = c; return m }
	for name, c := range map[string]struct {
		kind    list.Kind
		list    list.Consents
		free    list.Countries
		members []list.Member
		refused string
		want    string // the faults
	}{
		"granted by the batch":    {list.Add, says("granted", "granted"), nil, []list.Member{one}, "", "[]"},
		"granted by the member":   {list.Replace, says("", ""), nil, []list.Member{with(says("granted", "granted"))}, "", "[]"},
		"the member wins":         {list.Add, says("granted", "granted"), nil, []list.Member{one, with(says("", "denied"))}, "", "[{1 false [{ 0 consent_denied}]}]"},
		"one member says nothing": {list.Add, says("", ""), nil, []list.Member{with(says("granted", "granted")), one, {}}, "", "[{1 false [{ 0 no_consent}]} {2 false [{ 0 empty}]}]"},
		"nobody says anything":    {list.Add, says("", ""), nil, []list.Member{one}, "ad_user_data", ""},
		"a free country":          {list.Add, says("", ""), list.Countries{"GB"}, []list.Member{one}, "", "[]"},
		"another free country":    {list.Add, says("", ""), list.Countries{"US"}, []list.Member{one}, "", "[{0 false [{ 0 no_consent}]}]"},
		"no word":                 {list.Add, says("granted", "granted"), nil, []list.Member{with(says("yes", ""))}, "ad_user_data", ""},
		"a removal":               {list.Remove, says("", ""), nil, []list.Member{one}, "", "[]"},
		"a removal of a denial":   {list.Remove, says("", ""), nil, []list.Member{with(says("denied", "denied"))}, "", "[]"},
		"replaced by nobody":      {list.Replace, says("", ""), nil, nil, "", "[]"},
	} {
		b := newBench(t)
		b.ConsentFree = c.free
		sealed, faults, err := b.ReceiveMembers(t.Context(), list.Batch{
			Org: "o", Kind: c.kind, Members: c.members, Options: list.Options{DefaultRegion: "GB", Declaration: list.Declaration{Consents: c.list}},
		})
		if c.refused != "" {
			if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeInvalid || e.Field != c.refused {
				t.Errorf("%s: error is %v", name, err)
			}
			continue
		}
		if got := fmt.Sprint(faults); err != nil || got != c.want {
			t.Errorf("%s: faults %s, %v", name, got, err)
		}
		if r := sealed.Report; r.Identifiers.Read != r.Identifiers.Used+r.Identifiers.Refused+r.Identifiers.Empty {
			t.Errorf("%s: %+v", name, r.Identifiers)
		}
	}
}

// TestDeclarationWords: no others are taken.
func TestDeclarationWords(t *testing.T) {
	t.Parallel()
	for field, d := range map[string]list.Declaration{
		"source": {Source: "friends"}, "hash_rules": {HashRules: "ours"},
		"ad_user_data": {Consents: says("GRANTED", "")}, "ad_personalization": {Consents: says("", "yes")},
	} {
		_, err := newBench(t).Receive(t.Context(), strings.NewReader("email\n"), list.Options{Declaration: d})
		if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeInvalid || e.Field != field {
			t.Errorf("%s: error is %v", field, err)
		}
	}
	for _, rules := range list.HashRuleSets() {
		o := granted(list.Options{})
		o.Source, o.HashRules = list.FromBoth, rules
		if _, err := newBench(t).Receive(t.Context(), strings.NewReader("email\n"), o); err != nil {
			t.Errorf("%s: %v", rules, err)
		}
	}
	got, err := list.ParseCountries([]string{"us", "Germany", "CAN", "US"})
	if diff := cmp.Diff(list.Countries{"CA", "DE", "US"}, got); diff != "" || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	for _, word := range []string{"", "XX", "Atlantis", "*", "840"} {
		if got, err := list.ParseCountries([]string{"US", word}); err == nil {
			t.Errorf("%q: %v", word, got)
		}
	}
}
