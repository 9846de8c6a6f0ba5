package purpose_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
)

// TestValidateEveryPair asks about every two purposes: the pairs of sec.* and
// ads.* are refused, and no others.
func TestValidateEveryPair(t *testing.T) {
	t.Parallel()
	for _, a := range purpose.All() {
		for _, b := range purpose.All() {
			s := purpose.Of(a, b)
			refused := strings.HasPrefix(a.String(), "sec.") && strings.HasPrefix(b.String(), "ads.") ||
				strings.HasPrefix(b.String(), "sec.") && strings.HasPrefix(a.String(), "ads.")
			err := s.Validate()
			if !refused {
				if err != nil {
					t.Errorf("%s: %v", s, err)
				}
				continue
			}
			e, ok := err.(*selvedge.Error)
			if !ok || e.Code != selvedge.CodePurposeDenied || e.Field != "purposes" || e.Reason != "sec_grants_ads" {
				t.Errorf("%s: got %v, want purpose_denied", s, err)
			}
		}
	}
	if err := purpose.Set(0).Validate(); err != nil {
		t.Errorf("the empty set: %v", err)
	}
}

func TestZeroSet(t *testing.T) {
	t.Parallel()
	var s purpose.Set
	for _, p := range append(purpose.All(), purpose.Unknown) {
		if s.Has(p) {
			t.Errorf("holds %s", p)
		}
	}
	if s.String() != "unknown" || len(s.List()) != 0 || s.Ads() != 0 {
		t.Errorf("%s %v %s", s, s.List(), s.Ads())
	}
	if (^s).Has(purpose.Unknown) {
		t.Error("a set holds Unknown")
	}
}

func TestMatchable(t *testing.T) {
	t.Parallel()
	want := purpose.Of(purpose.AdsMatchAdvertiser, purpose.AdsMatchPartner, purpose.AdsSuppress)
	if purpose.Matchable != want {
		t.Errorf("got %s, want %s", purpose.Matchable, want)
	}
	if got := purpose.Of(purpose.All()...).Ads(); got != want {
		t.Errorf("the matchable part of everything is %s", got)
	}
}

func TestSetString(t *testing.T) {
	t.Parallel()
	got := purpose.Of(purpose.AdsSuppress, purpose.Sec2FA, purpose.MktSMS, purpose.Unknown).String()
	if want := "sec.2fa mkt.sms ads.suppress"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSetIsASet compares Set with a map on any purposes, Unknown and repeats
// included.
func TestSetIsASet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := append(purpose.All(), purpose.Unknown)
		in := rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "purposes")
		model := map[purpose.Purpose]bool{}
		for _, p := range in {
			model[p] = p != purpose.Unknown
		}
		s := purpose.Of(in...)
		want := []purpose.Purpose{}
		for _, p := range purpose.All() {
			if s.Has(p) != model[p] {
				t.Fatalf("Has(%s) = %t", p, s.Has(p))
			}
			if model[p] {
				want = append(want, p)
			}
		}
		if diff := cmp.Diff(want, s.List()); diff != "" {
			t.Fatalf("List (-want +got):\n%s", diff)
		}
		if back := purpose.Of(s.List()...); back != s {
			t.Fatalf("%s became %s", s, back)
		}
	})
}
