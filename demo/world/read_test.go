package world_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/selvedge/selvedge/demo/world"
)

// This file reads the world's files the way a stranger to the package would:
// bytes in, the documented rules applied, members out. It shares nothing with
// the generator but the rules, and so it is the oracle's oracle. It is slow and
// knows only what the files hold.

type promptFile struct {
	Prompts []struct {
		ID         string   `yaml:"id"`
		Version    int      `yaml:"version"`
		Surface    string   `yaml:"surface"`
		LegalBasis string   `yaml:"legal_basis"`
		Purposes   []string `yaml:"purposes"`
		Months     int      `yaml:"ads_expiry_months"`
		Texts      map[string]struct {
			Text   string `yaml:"text"`
			SHA256 string `yaml:"sha256"`
		} `yaml:"texts"`
	} `yaml:"prompts"`
}

func readPrompts(t testing.TB, b []byte) promptFile {
	t.Helper()
	var out promptFile
	dec := yaml.NewDecoder(strings.NewReader(string(b)))
	dec.KnownFields(true)
	if err := dec.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

var aLabels = map[string]string{
	"bücher.example":  "xn--bcher-kva.example",
	"forêt.example":   "xn--fort-ipa.example",
	"mañana.example":  "xn--maana-pta.example",
	"småland.example": "xn--smland-jua.example",
}

// mail takes an address apart: lower case, without blanks around it.
func mail(s string) (local, domain string, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	local, domain, ok = strings.Cut(s, "@")
	for u, a := range aLabels {
		if domain == a {
			domain = u
		}
	}
	return local, domain, ok && local != "" && strings.Contains(domain, ".")
}

func isGmail(domain string) bool { return domain == "gmail.com" || domain == "googlemail.com" }

// digits returns a number with its country code, "" if the text is none.
func digits(s, region string) string {
	var d strings.Builder
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			d.WriteRune(c)
		case !strings.ContainsRune("+ -.()\t\u00a0", c):
			return ""
		}
	}
	n := d.String()
	codes := map[string]string{"US": "1", "GB": "44", "FR": "33", "DE": "49", "SE": "46", "AU": "61"}
	switch {
	case strings.HasPrefix(strings.TrimSpace(s), "+"):
		for _, cc := range codes {
			if rest, ok := strings.CutPrefix(n, cc); ok {
				n = cc + strings.TrimPrefix(rest, "0")
			}
		}
	case region == "" || codes[region] == "":
		return ""
	case region == "US":
		n = "1" + strings.TrimPrefix(n, "1")
	default:
		n = codes[region] + strings.TrimPrefix(n, "0")
	}
	if len(n) < 9 {
		return ""
	}
	return n
}

// forms are the documented forms E0 to E5, P0 and P1 of a value in the clear.
func forms(kind, value, region string) []string {
	if kind == "phone" {
		if d := digits(value, region); d != "" {
			return []string{"+" + d, d}
		}
		return nil
	}
	local, domain, ok := mail(value)
	if !ok {
		return nil
	}
	if a := aLabels[domain]; a != "" {
		return []string{local + "@" + domain, local + "@" + a}
	}
	if !isGmail(domain) {
		return []string{local + "@" + domain}
	}
	out := []string{local + "@" + domain}
	name, tag, _ := strings.Cut(local, "+")
	if tag != "" {
		tag = "+" + tag
	}
	flat := strings.ReplaceAll(name, ".", "")
	for _, d := range []string{"gmail.com", "googlemail.com"} {
		out = append(out, name+tag+"@"+d, name+"@"+d, flat+tag+"@"+d, flat+"@"+d)
	}
	return out
}

// probes are the hashes that a cell of a list is looked up under: its own if it
// is one; else those of the most collapsed form and of the base form.
func probes(kind, text, region string) [][32]byte {
	if b, err := hex.DecodeString(text); err == nil && len(b) == 32 {
		return [][32]byte{[32]byte(b)}
	}
	if b, err := base64.StdEncoding.DecodeString(text); err == nil && len(b) == 32 {
		return [][32]byte{[32]byte(b)}
	}
	f := forms(kind, text, region)
	if f == nil {
		return nil
	}
	if kind == "email" {
		f = f[:1]
		if local, domain, _ := mail(text); isGmail(domain) {
			name, _, _ := strings.Cut(local, "+")
			f = append(f, strings.ReplaceAll(name, ".", "")+"@gmail.com")
		}
	}
	var out [][32]byte
	for _, s := range f {
		out = append(out, sha256.Sum256([]byte(s)))
	}
	return out
}

// columnKinds are the kinds of the headers that the default lists use.
var columnKinds = map[string]string{
	"Email": "email", "email": "email", "EMAIL_SHA256": "email", "email_hash": "email", "email_sha256": "email", "E-mail Address": "email",
	"Phone": "phone", "phone": "phone", "PHONE_SHA256": "phone", "phone_hash": "phone", "phone_sha256": "phone", "Mobile": "phone",
	"First Name": "", "Last Name": "", "Zip": "", "external_id": "",
}

type platform struct {
	t        testing.TB
	prompts  map[string][]string
	months   map[string]int
	accounts map[string]map[string]string
	contacts []map[string]string
}

func readPlatform(t testing.TB, f map[string][]byte) *platform {
	t.Helper()
	p := &platform{t: t, prompts: map[string][]string{}, months: map[string]int{}, accounts: map[string]map[string]string{}}
	for _, q := range readPrompts(t, f["prompts.yaml"]).Prompts {
		ref := q.ID + "@" + string(rune('0'+q.Version))
		p.prompts[ref] = q.Purposes
		if p.months[ref] = q.Months; q.Months == 0 {
			p.months[ref] = 13
		}
	}
	for _, a := range rows(t, f["accounts.csv"]) {
		p.accounts[a["account"]] = a
	}
	p.contacts = rows(t, f["contact_points.csv"])
	return p
}

// done is what the acts, once applied, leave behind beside new contact points.
type done struct {
	objected  map[string]bool
	withdrawn map[string][]withdrawal // by account
}

type withdrawal struct {
	base     [32]byte // the hash of the address's base form
	at       time.Time
	purposes []string
}

func (p *platform) apply(acts []world.Act) done {
	d := done{objected: map[string]bool{}, withdrawn: map[string][]withdrawal{}}
	for _, a := range acts {
		switch a.Kind {
		case world.Object:
			d.objected[a.Account] = true
		case world.Withdraw:
			base := sha256.Sum256([]byte(forms(string(a.AddressKind), a.Value, "")[0]))
			d.withdrawn[a.Account] = append(d.withdrawn[a.Account], withdrawal{base, a.At, a.Purposes})
		case world.Give:
			c := a.Contact
			p.contacts = append(p.contacts, map[string]string{
				"account": c.Account, "kind": string(c.Kind), "value": c.Value, "region": c.Region, "prompt": c.Prompt,
				"given_at": c.GivenAt.Format(time.RFC3339), "verified_at": verifiedText(c), "sha256": c.SHA256,
			})
		}
	}
	return d
}

func verifiedText(c world.ContactPoint) string {
	if c.VerifiedAt.IsZero() {
		return ""
	}
	return c.VerifiedAt.Format(time.RFC3339)
}

// found are the hashes under which a contact point is found, the base form's
// first.
func found(c map[string]string) [][32]byte {
	var out [][32]byte
	for _, s := range forms(c["kind"], c["value"], c["region"]) {
		out = append(out, sha256.Sum256([]byte(s)))
	}
	for h := range strings.FieldsSeq(c["sha256"]) {
		b, err := hex.DecodeString(h)
		if err != nil || len(b) != 32 {
			panic("not a hash")
		}
		out = append(out, [32]byte(b))
	}
	return out
}

// members enumerates what must be a member of a list.
func (p *platform) members(cells [][]string, region string, d done, s world.State) map[world.Key]bool {
	p.t.Helper()
	asked := map[[32]byte]bool{}
	header := cells[0]
	for _, line := range cells[1:] {
		for i, text := range line {
			kind, known := columnKinds[header[i]]
			if !known {
				p.t.Fatalf("header %q is not known", header[i])
			}
			if kind == "" {
				continue
			}
			for _, h := range probes(kind, text, region) {
				asked[h] = true
			}
		}
	}
	out := map[world.Key]bool{}
	for _, c := range p.contacts {
		given, err := time.Parse(time.RFC3339, c["given_at"])
		if err != nil {
			p.t.Fatal(err)
		}
		live := map[string]bool{}
		for _, u := range p.prompts[c["prompt"]] {
			if strings.HasPrefix(u, "ads.") {
				live[u] = true
			}
		}
		hashes := found(c)
		for _, w := range d.withdrawn[c["account"]] {
			if w.base == hashes[0] && !given.After(w.at) {
				for _, u := range w.purposes {
					delete(live, u)
				}
			}
		}
		a := p.accounts[c["account"]]
		switch {
		case len(live) == 0, s.Purpose != "" && !live[s.Purpose]:
		case c["verified_at"] == "":
		case a["state"] != "active":
		case a["age_class"] == "minor", a["age_class"] == "unknown" && !s.UnknownAgeIsAdult:
		case d.objected[c["account"]]:
		case !s.At.Before(given.AddDate(0, p.months[c["prompt"]], 0)):
		default:
			for _, h := range hashes {
				if asked[h] {
					out[world.Key{Account: c["account"], GivenAt: given.Unix()}] = true
				}
			}
		}
	}
	return out
}
