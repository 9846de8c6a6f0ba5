package identifier_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/selvedge/selvedge/identifier"
)

// written is a phone number as a list has it, and the list's default country.
type written struct{ text, region, e164 string }

// mixedPhones returns n numbers of ten countries in the spellings that customer
// lists have, half of them national. The library formats them.
func mixedPhones(tb testing.TB, n int) []written {
	tb.Helper()
	countries := []string{"US", "GB", "DE", "FR", "IT", "ES", "NL", "AU", "IN", "BR"}
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]written, 0, n)
	for len(out) < n {
		region := countries[r.IntN(len(countries))]
		kind := []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE}[r.IntN(2)]
		e := phonenumbers.GetExampleNumberForType(region, kind)
		nsn := []byte(phonenumbers.GetNationalSignificantNumber(e))
		for i := len(nsn) - 5; i < len(nsn); i++ {
			nsn[i] = byte('0' + r.IntN(10))
		}
		p, err := phonenumbers.Parse("+"+strconv.Itoa(int(e.GetCountryCode()))+string(nsn), "")
		if err != nil {
			tb.Fatal(err)
		}
		w := written{region: region, e164: phonenumbers.Format(p, phonenumbers.E164)}
		international := phonenumbers.Format(p, phonenumbers.INTERNATIONAL)
		national := phonenumbers.Format(p, phonenumbers.NATIONAL)
		switch r.IntN(10) {
		case 0, 1:
			w.text = w.e164
		case 2:
			w.text = international
		case 3:
			w.text = "00" + w.e164[1:]
			if region == "US" || region == "AU" || region == "BR" {
				w.region = "" // there 00 is no way abroad
			}
		case 4: // +44 (0)20 ..., where there is a zero to write
			w.text = international
			if code, rest, _ := strings.Cut(international, " "); strings.HasPrefix(national, "0") && region != "IT" {
				w.text = code + " (0)" + rest
			}
		case 5, 6:
			w.text = national
		case 7:
			w.text = strings.NewReplacer(" ", ".", "(", "", ")", "", "-", ".").Replace(national)
		case 8:
			w.text = strings.NewReplacer(" ", "-", "(", "", ")", "").Replace(national)
		default:
			w.text = strings.NewReplacer(" ", "", "(", "", ")", "", "-", "").Replace(national)
		}
		out = append(out, w)
	}
	return out
}

// TestMixedPhones shows that what lists hold is read, is read as the number that
// it was written from, and nearly all of it on the fast path.
func TestMixedPhones(t *testing.T) {
	t.Parallel()
	all := mixedPhones(t, 5000)
	slow := 0
	for _, w := range all {
		got, _, reason := identifier.ReadNumber(w.text, w.region, false)
		if got != w.e164 || reason != identifier.Accepted {
			t.Errorf("%q in %q: %q (%s), want %s", w.text, w.region, got, reason, w.e164)
		}
		if !identifier.IsPlainNumber(w.text) {
			slow++
		}
	}
	if slow*1000 > len(all) {
		t.Errorf("%d of %d are not on the fast path", slow, len(all))
	}
}

// TestMixedPhonesDoNotAllocate holds for every cell that is looked up: a list has
// millions.
func TestMixedPhonesDoNotAllocate(t *testing.T) {
	all := mixedPhones(t, 100)
	got := testing.AllocsPerRun(10, func() {
		for _, w := range all {
			cell, reason := identifier.Read(identifier.Phone, w.text, w.region)
			if reason != identifier.Accepted || len(cell.Also()) != 1 {
				t.Fatal(reason)
			}
		}
	})
	if got != 0 {
		t.Errorf("%v allocations for %d numbers", got, len(all))
	}
}

// checkPlain compares the fast path with the careful one.
func checkPlain(t testing.TB, text, region string) {
	t.Helper()
	fast, repaired, reason := identifier.ReadNumber(text, region, false)
	careful, carefulRepaired, carefulReason := identifier.ReadNumber(text, region, true)
	if fast != careful || repaired != carefulRepaired || reason != carefulReason {
		t.Errorf("%q in %q: %q (%s), carefully %q (%s)", text, region, fast, reason, careful, carefulReason)
	}
}

// TestPlainNumbers has the texts that are nearly plain: the careful path undoes
// something in each, and the fast path must leave it alone.
func TestPlainNumbers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"02079460958.0", "2079460958.00", "+442079460958.0", " 442079460958.0 ", "0207.946.0000", "020/79460958", "0207946/0958000",
		"+442079460958/2079460959", "2079460958/2079460959", "442079460958000000", "44207946095800000000000000000000000000000",
		"0044207946095", "00442079460958", "+00442079460958", "+0442079460958", "++442079460958", "44+2079460958", "(+44) 2079460958",
		"0", "-", "000000", "0000000", "00000000", ".", "+", "+4", "", "\t+44 20 7946 0958 ", "'+442079460958", "2079460958-",
		strings.Repeat("4", 64), strings.Repeat("4", 65), strings.Repeat("0", 64), strings.Repeat(" ", 190) + "2079460958",
		strings.Repeat(" ", 191) + "2079460958", "1234567.", "1234567.0.", ".1234567", "1.234567.0",
	} {
		for _, region := range []string{"", "GB", "US", "gb", "XX"} {
			checkPlain(t, text, region)
		}
	}
	for _, w := range mixedPhones(t, 500) {
		checkPlain(t, w.text, w.region)
		checkPlain(t, w.text, "IT")
	}
}

func FuzzPlainNumber(f *testing.F) {
	seeds(f, func(k identifier.Kind, value, region string) {
		if k == identifier.Phone {
			f.Add(value, region)
		}
	})
	for _, w := range mixedPhones(f, 50) {
		f.Add(w.text, w.region)
	}
	f.Fuzz(func(t *testing.T, text, region string) { checkPlain(t, text, region) })
}
