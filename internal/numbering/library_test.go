package numbering_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/selvedge/selvedge/internal/numbering"
)

// ask is what Parse promises to answer: the library's word on the same digits.
func ask(digits string, plus bool, region string) (string, bool) {
	if plus {
		digits = "+" + digits
	}
	p, err := phonenumbers.Parse(digits, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(p) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	code := strconv.Itoa(int(p.GetCountryCode()))
	return code + " " + phonenumbers.GetNationalSignificantNumber(p), true
}

// parse is ask of the code under test.
func parse(t testing.TB, digits string, plus bool, region string) (string, bool) {
	t.Helper()
	r, ok := numbering.RegionOf(region)
	if !ok {
		t.Fatalf("region %s is not known", region)
	}
	var n numbering.Number
	if !n.Parse([]byte(digits), plus, r) {
		if n != (numbering.Number{}) {
			t.Fatalf("%q in %s: refused, with a number", digits, region)
		}
		return "", false
	}
	rest, ok := strings.CutPrefix(string(n.Text()), "+"+n.CountryCode())
	if !ok {
		t.Fatalf("%q in %s: the text %s does not begin with the country code %s", digits, region, n.Text(), n.CountryCode())
	}
	return n.CountryCode() + " " + rest, true
}

// agree compares the two, and says whether the number was accepted.
func agree(t testing.TB, digits string, plus bool, region string) bool {
	t.Helper()
	got, ok := parse(t, digits, plus, region)
	want, wantOK := ask(digits, plus, region)
	if got != want || ok != wantOK {
		t.Errorf("%q, plus %t, in %q: %q, %t; the library says %q, %t", digits, plus, region, got, ok, want, wantOK)
	}
	return ok
}

func regions() []string { return slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions())) }

// digitsOf keeps the digits of a formatted number.
func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// examples calls f with the library's example numbers of a region, each as it is
// written abroad, in the country and alone.
func examples(region string, f func(digits string, plus bool)) {
	for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
		n := phonenumbers.GetExampleNumberForType(region, kind)
		if n == nil {
			continue
		}
		f(digitsOf(phonenumbers.Format(n, phonenumbers.E164)), true)
		f(digitsOf(phonenumbers.Format(n, phonenumbers.E164)), false)
		f(digitsOf(phonenumbers.Format(n, phonenumbers.NATIONAL)), false)
		f(phonenumbers.GetNationalSignificantNumber(n), false)
		f(digitsOf(phonenumbers.FormatOutOfCountryCallingNumber(n, "FR")), false)
	}
}

// TestExamples compares the example numbers of every region, read in that region,
// in a few others and in none.
func TestExamples(t *testing.T) {
	t.Parallel()
	compared, accepted := 0, 0
	for _, home := range regions() {
		examples(home, func(digits string, plus bool) {
			for _, region := range []string{home, "", "US", "FR", "BR"} {
				compared++
				if agree(t, digits, plus, region) {
					accepted++
				}
			}
		})
	}
	t.Logf("%d compared, %d accepted", compared, accepted)
}

// spread is digits that are near a rule of the region: each automaton's own, one
// after the other in some order, at times with a fault.
func spread(r *rand.Rand, all []string, region string) (digits string, plus bool) {
	id, _ := numbering.RegionOf(region)
	other, _ := numbering.RegionOf(all[r.IntN(len(all))])
	w, abroad := numbering.Walks(id, r.IntN), numbering.Walks(other, r.IntN)
	code := strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region))
	parts := []string{w[0], code, w[1], w[2], w[1], abroad[1], abroad[2], code}
	var b strings.Builder
	for _, shape := range [][]int{{3}, {2, 3}, {1, 3}, {1, 2, 3}, {0, 1, 3}, {0, 1, 2, 3}, {1, 1, 3}, {0, 1, 5, 6}, {2, 4, 3}, {6}}[r.IntN(10)] {
		b.WriteString(parts[shape])
	}
	s := []byte(b.String())
	for r.IntN(3) == 0 && len(s) > 0 {
		i := r.IntN(len(s))
		switch digit := byte('0' + r.IntN(10)); r.IntN(4) {
		case 0:
			s[i] = digit
		case 1:
			s = slices.Insert(s, i, digit)
		case 2:
			s = slices.Delete(s, i, i+1)
		default:
			s = append(s, digit)
		}
	}
	return string(s), r.IntN(3) == 0
}

// TestEveryRegion compares digits near the rules of each region, and digits that
// are near none.
func TestEveryRegion(t *testing.T) {
	t.Parallel()
	const each = 100
	compared, accepted, all := 0, 0, regions()
	for i, region := range all {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		for j := range each {
			digits, plus := spread(r, all, region)
			if j%8 == 0 {
				digits = fmt.Sprint(r.Uint64N(1_000_000_000_000_000_000))[r.IntN(3):]
			}
			if tooFew(digits, plus) {
				continue
			}
			compared++
			if agree(t, digits, plus, region) {
				accepted++
			}
		}
	}
	t.Logf("%d compared, %d accepted", compared, accepted)
	if accepted*3 < compared {
		t.Errorf("%d of %d were accepted: the digits do not come near the rules", accepted, compared)
	}
}

// tooFew says that the library does not take digits for a number at all.
func tooFew(digits string, plus bool) bool { return len(digits) < 2 || plus && len(digits) < 3 }

// TestLong shows that what Parse does not read is no number.
func TestLong(t *testing.T) {
	t.Parallel()
	for _, n := range []int{18, 21, 30, numbering.Deep - 1, numbering.Deep, numbering.Deep + 1, 200} {
		for _, digits := range []string{strings.Repeat("0", n), strings.Repeat("4", n), ("0044" + strings.Repeat("7", n))[:n]} {
			for _, region := range []string{"", "GB", "US", "JP"} {
				agree(t, digits, true, region)
				agree(t, digits, false, region)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	all := regions()
	for i, region := range all {
		r := rand.New(rand.NewPCG(uint64(i), 2))
		digits, plus := spread(r, all, region)
		f.Add(digits, plus, uint8(i))
	}
	f.Fuzz(func(t *testing.T, digits string, plus bool, region uint8) {
		if digits != digitsOf(digits) || tooFew(digits, plus) || len(digits) > 250 {
			return
		}
		name := ""
		if int(region) < len(all) {
			name = all[region]
		}
		agree(t, digits, plus, name)
	})
}
