package list_test

import (
	"crypto/md5"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
)

func (b *bench) members(t *testing.T, kind list.Kind, ms ...list.Member) (list.Sealed, []list.Fault) {
	t.Helper()
	sealed, faults, err := b.ReceiveMembers(t.Context(), list.Batch{Org: "o", Kind: kind, Members: ms, Options: granted(list.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	return sealed, faults
}

// TestMembersReport: every member and every identifier is counted once, and what
// is refused is named by its place.
func TestMembersReport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	email, phone := "a@example.com", "+12125550147"
	sealed, faults := b.members(t, list.Add,
		list.Member{Emails: []string{email}, Phones: []string{phone}, ExternalID: "1"},
		list.Member{Emails: []string{"A@Example.com", "nonsense", ""}, SHA256Phones: []string{phone}},
		list.Member{},
		list.Member{ExternalID: "2"},
		list.Member{SHA256Emails: []string{fmt.Sprintf("%x", md5.Sum([]byte(email)))}},
		list.Member{Emails: slices.Repeat([]string{email}, list.MaxIdentifiers+1), ExternalID: "3"},
		list.Member{Emails: []string{"b@example.com"}, ExternalID: strings.Repeat("x", list.MaxExternalID+1)},
		list.Member{SHA256Emails: []string{hashed("c@example.com")}, ExternalID: strings.Repeat("x", list.MaxExternalID)},
	)
	want := []list.Fault{
		{Index: 1, Taken: true, Refusals: []list.FieldRefusal{{"emails", 1, "not_an_email"}, {"sha256_phones", 0, "not_a_hash"}}},
		{Index: 2, Refusals: []list.FieldRefusal{{"", 0, "empty"}}},
		{Index: 3, Refusals: []list.FieldRefusal{{"external_id", 0, list.ReasonExternalAlone}}},
		{Index: 4, Refusals: []list.FieldRefusal{{"sha256_emails", 0, "md5"}}},
		{Index: 5, Refusals: []list.FieldRefusal{{"", 0, list.ReasonTooMany}}},
		{Index: 6, Taken: true, Refusals: []list.FieldRefusal{{"external_id", 0, list.ReasonBadExternal}}},
	}
	if diff := cmp.Diff(want, faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	r := sealed.Report
	if want := (list.Tally{Read: 8, Used: 3, Empty: 1, Duplicate: 1, Refused: 3}); r.Rows != want {
		t.Errorf("rows %+v, want %+v", r.Rows, want)
	}
	// 3 + 4 + 0 + 1 + 1 + 66 + 2 + 2
	if want := (list.Tally{Read: 79, Used: 6, Empty: 1, Duplicate: 1, Refused: 71}); r.Identifiers != want {
		t.Errorf("identifiers %+v, want %+v", r.Identifiers, want)
	}
	if r.Clear != 4 || r.Hashed != 1 {
		t.Errorf("%d in the clear, %d hashed", r.Clear, r.Hashed)
	}
	var refused int64
	for _, f := range r.Refused {
		refused += f.Count
	}
	if refused != r.Identifiers.Refused {
		t.Errorf("refusals add up to %d", refused)
	}
	for _, reason := range []identifier.Reason{list.ReasonExternalAlone, list.ReasonBadExternal, list.ReasonTooMany} {
		if list.ReasonText(reason) == "" {
			t.Errorf("%s has no text", reason)
		}
	}
}

// TestMembersAreAList: a batch has the tokens that a file of the same has.
func TestMembersAreAList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sealed, _ := b.members(t, list.Add,
		list.Member{Emails: []string{"x.y@gmail.com"}, ExternalID: "7"}, list.Member{Phones: []string{"+12125550147"}}, list.Member{SHA256Emails: []string{hashed("c@example.com")}})
	_, want := b.receive(t, "email,phone\nx.y@gmail.com,+12125550147\n"+hashed("c@example.com")+",\n", "")
	got := b.open(t, sealed.Spill)
	if diff := cmp.Diff(tokens(want), tokens(got)); diff != "" || got.Len(list.External) != 0 {
		t.Errorf("tokens (-file +batch), and %d own ids:\n%s", got.Len(list.External), diff)
	}
	removal, _ := b.members(t, list.Remove, list.Member{ExternalID: "7"}, list.Member{Emails: []string{"a@example.com"}, ExternalID: "8"})
	s := b.open(t, removal.Spill)
	var own []string
	for _, tok := range s.Tokens(list.External) {
		own = append(own, string(tok[:]))
	}
	a, c := b.External.Of("o", "7"), b.External.Of("o", "8")
	if !slices.Equal(own, slices.Sorted(slices.Values([]string{string(a[:]), string(c[:])}))) || removal.Sidecar != nil {
		t.Errorf("%d own ids in a removal, sidecar %v", len(own), removal.Sidecar != nil)
	}
	if r := removal.Report; r.Rows.Used != 2 || r.Identifiers.Used != 3 {
		t.Errorf("%+v", r)
	}
}

func TestMembersRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before := b.files(t)
	some := []list.Member{{Emails: []string{"a@example.com"}, ExternalID: "1"}}
	for name, c := range map[string]struct {
		batch list.Batch
		code  selvedge.Code
		field string
	}{
		"nobody to add":    {list.Batch{Kind: list.Add}, selvedge.CodeInvalid, "members"},
		"nobody to remove": {list.Batch{Kind: list.Remove}, selvedge.CodeInvalid, "members"},
		"too many":         {list.Batch{Kind: list.Add, Members: make([]list.Member, list.MaxMembers+1)}, selvedge.CodeTooLarge, "members"},
		"no country":       {list.Batch{Kind: list.Add, Members: some, Options: list.Options{DefaultRegion: "XX"}}, selvedge.CodeInvalid, "default_region"},
	} {
		_, _, err := b.ReceiveMembers(t.Context(), c.batch)
		if e, ok := err.(*selvedge.Error); !ok || e.Code != c.code || e.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := b.files(t); !slices.Equal(before, after) {
		t.Errorf("files before: %v, after: %v", before, after)
	}
	if sealed, faults := b.members(t, list.Replace); len(faults) != 0 || sealed.Report.Rows.Read != 0 {
		t.Errorf("replaced by nobody: %v", faults)
	}
}
