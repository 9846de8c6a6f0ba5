package world_test

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/selvedge/selvedge/demo/world"
)

func TestPrompts(t *testing.T) {
	t.Parallel()
	known := strings.Fields(`sec.2fa sec.recovery sec.reauth sec.login_alert sec.fraud svc.account svc.notify
		svc.billing svc.contact_discovery mkt.email mkt.sms ads.match.advertiser ads.match.partner ads.suppress`)
	bases := []string{"consent", "contract", "legal_obligation", "legitimate_interest"}
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	asked := map[string]bool{}
	seen := map[string]bool{}
	for _, p := range readPrompts(t, newWorld(t, 0).Prompts()).Prompts {
		ref := p.ID + "@" + string(rune('0'+p.Version))
		if seen[ref] {
			t.Errorf("%s stands twice", ref)
		}
		seen[ref] = true
		if !id.MatchString(p.ID) || p.Version < 1 || p.Surface == "" || !slices.Contains(bases, p.LegalBasis) {
			t.Errorf("%s: id, version, surface or legal basis", ref)
		}
		sec, ads := false, false
		for _, u := range p.Purposes {
			asked[u] = true
			if !slices.Contains(known, u) {
				t.Errorf("%s asks for %q, which is no purpose", ref, u)
			}
			sec = sec || strings.HasPrefix(u, "sec.")
			ads = ads || strings.HasPrefix(u, "ads.")
		}
		if len(p.Purposes) == 0 || sec && ads {
			t.Errorf("%s asks for nothing, or for advertising in the name of security", ref)
		}
		if ads {
			if p.LegalBasis != "consent" {
				t.Errorf("%s asks for advertising without consent", ref)
			}
		} else if p.Months != 0 {
			t.Errorf("%s has what only advertising has", ref)
		}
		if p.Texts["en"].Text == "" {
			t.Errorf("%s has no English text", ref)
		}
		for lang, x := range p.Texts {
			h := sha256.Sum256([]byte(x.Text))
			if x.SHA256 != hex.EncodeToString(h[:]) || !utf8.ValidString(x.Text) {
				t.Errorf("%s %s: the hash is not that of the text", ref, lang)
			}
		}
	}
	for _, u := range []string{"sec.2fa", "sec.recovery", "sec.reauth", "sec.login_alert", "ads.match.advertiser", "ads.match.partner", "ads.suppress"} {
		if !asked[u] {
			t.Errorf("no prompt asks for %s", u)
		}
	}
	if !seen["offers-from-advertisers@1"] || !seen["offers-from-advertisers@2"] || seen["legacy-import@1"] {
		t.Error("the prompts are not the ones that the files speak of")
	}
}

// Whoever reads the files, nobody outside can be reached: all addresses are on
// reserved domains or carry the mark, all numbers are in reserved ranges.
var (
	marked  = regexp.MustCompile(`^[a-z][a-z.]*[swxc][0-9]{7,}$`)
	numbers = regexp.MustCompile(`^(` + strings.Join([]string{
		`1[2-9][0-9]{2}55501[0-9]{2}`,
		`447700900[0-9]{3}`, `441632960[0-9]{3}`, `442079460[0-9]{3}`, `441914980[0-9]{3}`, `442920180[0-9]{3}`,
		`441(13|14|15|16|17|18|21|31|41|51|61)4960[0-9]{3}`,
		`33(63998|19900|26191|35301|46571|53649)[0-9]{4}`,
		`4917139200[0-9]{2}`, `49176040690[0-9]{2}`,
		`49(3023125|6990009|4066969|2214710|8999998)[0-9]{3}`,
		`46(70174060[5-9]|7017406[1-9][0-9]|8465004[0-9]{2}|3139006[0-9]{2}|4062804[0-9]{2}|9803192[0-9]{2})`,
		`61491570(006|156|157|158|159|110|313|737)`, `61491571(266|491|804)`, `61491572(549|665|983)`, `61491573(770|087)`,
		`61491574(118|632)`, `61491575(254|789)`, `61491576(398|801)`, `61491577(426|644)`, `61491578(957|148|888)`, `61491579(212|760|455)`,
		`61[2378](5550|7010)[0-9]{4}`,
	}, "|") + `)$`)
)

func reachesNobody(t *testing.T, where, kind, text, region string) {
	t.Helper()
	if kind == "phone" {
		if d := digits(text, region); !numbers.MatchString(d) {
			t.Errorf("%s: a number outside of the reserved ranges: %q", where, text)
		}
		return
	}
	local, domain, ok := mail(text)
	name, _, _ := strings.Cut(local, "+")
	switch {
	case !ok || !marked.MatchString(name):
		t.Errorf("%s: an address that does not carry the mark: %q", where, text)
	case isGmail(domain), strings.HasSuffix(domain, ".example"), strings.HasSuffix(domain, ".test"):
	case domain == "example.com", domain == "example.org", domain == "example.net":
	default:
		t.Errorf("%s: an address outside of the reserved domains: %q", where, text)
	}
}

func TestNobodyCanBeReached(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8000)
	f := files(t, w)
	for _, c := range rows(t, f["contact_points.csv"]) {
		if c["value"] != "" {
			reachesNobody(t, "contact_points.csv", c["kind"], c["value"], c["region"])
		}
	}
	for a := range w.Acts() {
		switch a.Kind {
		case world.Withdraw:
			reachesNobody(t, "acts", string(a.AddressKind), a.Value, "")
		case world.Give:
			reachesNobody(t, "acts", string(a.Contact.Kind), a.Contact.Value, a.Contact.Region)
		}
	}
	for _, l := range w.Lists() {
		for row := range l.Contents() {
			for i, c := range row.Cells {
				if c.Identity != 0 && !c.Hashed {
					reachesNobody(t, l.Name, columnKinds[l.Columns[i].Header], c.Text, l.DefaultRegion)
				}
			}
		}
	}
}

// between checks a share, in thousandths.
func between(t *testing.T, what string, part, whole, low, high int) {
	t.Helper()
	if whole == 0 {
		t.Errorf("%s: none of none", what)
		return
	}
	if got := 1000 * part / whole; got < low || got > high {
		t.Errorf("%s: %d of %d are %d in a thousand, want %d to %d", what, part, whole, got, low, high)
	}
}

func TestShares(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20_000)
	f := files(t, w)
	p := readPlatform(t, f)
	var minor, unknown, off int
	for _, a := range p.accounts {
		minor += count(a["age_class"] == "minor")
		unknown += count(a["age_class"] == "unknown")
		off += count(a["state"] == "deactivated")
		day, err := time.Parse(time.DateOnly, a["active_on"])
		if err != nil || day.After(start) {
			t.Fatalf("active_on %q", a["active_on"])
		}
	}
	n := len(p.accounts)
	if n != w.Len() {
		t.Fatalf("%d accounts of %d people", n, w.Len())
	}
	between(t, "minors", minor, n, 40, 60)
	between(t, "unknown age", unknown, n, 40, 60)
	between(t, "deactivated", off, n, 50, 70)

	asked := map[string]map[string]bool{}
	perAccount := map[string]int{}
	perAddress := map[string]map[string]bool{}
	var emails, gmail, hashOnly, unverified, nowhere, region, ads, adsAgain, baseOnly, bothForms int
	seen := map[string]bool{}
	adsOf := func(ref string) bool {
		return slices.ContainsFunc(p.prompts[ref], func(u string) bool { return strings.HasPrefix(u, "ads.") })
	}
	for _, c := range p.contacts {
		key := c["account"] + " " + c["given_at"]
		if seen[key] {
			t.Fatalf("two contact points at %s", key)
		}
		seen[key] = true
		given, err := time.Parse("2006-01-02T15:04:05Z", c["given_at"])
		if err != nil || !given.Before(start) || given.Day() > 28 {
			t.Fatalf("given_at %q", c["given_at"])
		}
		if (c["value"] == "") == (c["sha256"] == "") {
			t.Fatalf("%s has both value and sha256, or neither", key)
		}
		if (c["verified_at"] == "") != (c["verified_by"] == "") {
			t.Fatalf("%s is half verified", key)
		}
		if by := c["verified_by"]; by == "link" && c["kind"] != "email" || by == "carrier" && c["kind"] != "phone" ||
			!slices.Contains([]string{"", "code", "link", "carrier"}, by) {
			t.Fatalf("a %s verified by %q", c["kind"], by)
		}
		perAccount[c["account"]]++
		id, _, _ := strings.Cut(c["prompt"], "@")
		if asked[id] == nil {
			asked[id] = map[string]bool{}
		}
		asked[id][c["account"]] = true
		hashOnly += count(c["sha256"] != "")
		if c["kind"] == "phone" {
			baseOnly += count(len(c["sha256"]) == 64)
			bothForms += count(len(c["sha256"]) == 129)
		}
		unverified += count(c["verified_at"] == "")
		nowhere += count(p.prompts[c["prompt"]] == nil)
		region += count(c["region"] != "")
		if c["region"] != "" && (c["kind"] != "phone" || strings.HasPrefix(c["value"], "+")) {
			t.Fatalf("%s has a region and needs none", key)
		}
		if _, domain, ok := mail(c["value"]); ok {
			emails++
			gmail += count(isGmail(domain))
		}
		h := found(c)[0]
		base := c["account"] + " " + string(h[:]) // an address of an account, by its base form
		if perAddress[base] == nil {
			perAddress[base] = map[string]bool{}
		}
		perAddress[base][c["prompt"]] = true
		ads += count(adsOf(c["prompt"]))
	}
	for _, prompts := range perAddress {
		yes, no := false, false
		for ref := range prompts {
			yes, no = yes || adsOf(ref), no || !adsOf(ref)
		}
		adsAgain += count(yes && no)
	}
	for a, n := range perAccount {
		if n > 4 {
			t.Fatalf("%s has %d contact points", a, n)
		}
	}
	if len(perAccount) != n {
		t.Errorf("%d of %d accounts have contact points", len(perAccount), n)
	}
	between(t, "Gmail", gmail, emails, 350, 430)
	between(t, "held as hashes", hashOnly, len(p.contacts), 25, 55)
	if baseOnly < 50 || bothForms < 50 {
		t.Errorf("numbers are held as one hash %d times and as two %d times", baseOnly, bothForms)
	}
	between(t, "unverified", unverified, len(p.contacts), 50, 90)
	between(t, "of unknown prompts", nowhere, len(p.contacts), 10, 35)
	between(t, "national numbers", region, len(p.contacts), 60, 130)
	between(t, "given for advertising", ads, len(p.contacts), 170, 260)
	between(t, "given for advertising and else", adsAgain, ads, 250, 700)
	// The proportions of the 2019 case: 2, 37 and 104 of 143 million.
	security := len(asked["two-factor"]) + len(asked["account-recovery"]) + len(asked["unlock-account"])
	between(t, "two-factor", len(asked["two-factor"]), security, 9, 19)
	between(t, "recovery", len(asked["account-recovery"]), security, 230, 290)
	between(t, "re-authentication", len(asked["unlock-account"]), security, 690, 760)
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestAddressesAreShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20_000)
	owners := map[world.Identity]map[string]bool{}
	kind := map[world.Identity]world.Kind{}
	hashes := map[[32]byte]world.Identity{}
	for tr := range w.Truths() {
		if owners[tr.Identity] == nil {
			owners[tr.Identity] = map[string]bool{}
		}
		owners[tr.Identity][tr.Account] = true
		kind[tr.Identity] = tr.Kind
		for _, h := range tr.Hashes {
			if o, ok := hashes[h]; ok && o != tr.Identity {
				t.Fatal("one spelling leads to two mailboxes")
			}
			hashes[h] = tr.Identity
		}
	}
	shared := map[world.Kind]int{}
	for id, o := range owners {
		if len(o) > 1 {
			shared[kind[id]]++
		}
	}
	if shared[world.Email] < 50 || shared[world.Phone] < 500 {
		t.Errorf("%d mailboxes and %d numbers are shared", shared[world.Email], shared[world.Phone])
	}
}

func TestTruthIsWhatTheFilesSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3000)
	f := files(t, w)
	p := readPlatform(t, f)
	i := 0
	for tr := range w.Truths() {
		c := p.contacts[i]
		i++
		given, err := time.Parse(time.RFC3339, c["given_at"])
		if err != nil {
			t.Fatal(err)
		}
		var ads []string
		sec := false
		for _, u := range p.prompts[c["prompt"]] {
			if strings.HasPrefix(u, "ads.") {
				ads = append(ads, u)
			}
			sec = sec || strings.HasPrefix(u, "sec.")
		}
		if tr.Account != c["account"] || tr.Key.GivenAt != given.Unix() || tr.Prompt != c["prompt"] || string(tr.Kind) != c["kind"] ||
			tr.Verified != (c["verified_at"] != "") || tr.InClear != (c["value"] != "") || !slices.Equal(tr.Ads, ads) || tr.Security != sec {
			t.Fatalf("row %d: %v is not %v", i, tr, c)
		}
		want := map[[32]byte]bool{}
		for _, h := range found(c) {
			want[h] = true
		}
		got := map[[32]byte]bool{}
		for _, h := range tr.Hashes {
			got[h] = true
		}
		if len(want) != len(got) || len(got) != len(tr.Hashes) || found(c)[0] != tr.Hashes[0] {
			t.Fatalf("row %d: %d hashes, the rules make %d", i, len(got), len(want))
		}
		for h := range want {
			if !got[h] {
				t.Fatalf("row %d: the hashes differ", i)
			}
		}
	}
	if i != len(p.contacts) {
		t.Errorf("%d truths of %d rows", i, len(p.contacts))
	}
}
