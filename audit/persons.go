package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/prompt"
)

// person is somebody of the audit: who they are, and what they gave.
type person struct {
	name  string // P1 to P13, as the published list has them
	probe row    // the address or number that lists ask for
	dummy row    // one as long that nobody on the platform has
	gave  []given
	age   string // adult, unless it is said
}

// given is one contact point of a person.
type given struct {
	at     row
	prompt string
	ago    time.Duration // before the audit begins
	proof  bool          // they proved control of it
}

// The prompts of the audit, by what they ask for.
const (
	toSignIn     = "audit-2fa"
	toUnlock     = "audit-unlock"
	toRecover    = "audit-recovery"
	toAlert      = "audit-login-alert"
	toFind       = "audit-find-friends"
	forAll       = "audit-offers"
	forMonth     = "audit-offers-month"
	forAdvertise = "audit-offers-advertisers"
)

// grace is how long the audit waits after it brought the people: a grant runs out
// meanwhile that had a token.
const grace = 36 * time.Hour

const year = 365 * 24 * time.Hour

// people are those of the published list, and P13, who never proved control.
// Addresses are in domains, and numbers in a block, that are kept for fiction; at
// Gmail, whose dots and tags are tried, the mark makes them one of a kind.
func people(begin time.Time) []person {
	ago := func(months int) time.Duration { return begin.Sub(begin.AddDate(0, -months, 0)) }
	return []person{
		{name: "P1", probe: phone("+447700900101"), dummy: phone("+447700900901"), gave: []given{{phone("+447700900101"), toSignIn, year, true}}},
		{name: "P2", probe: phone("+447700900102"), dummy: phone("+447700900902"), gave: []given{{phone("+447700900102"), toUnlock, year, true}}},
		{name: "P3", probe: email("p3.invented.w0000003@gmail.com"), dummy: email("q3.invented.w0000003@gmail.com"), gave: []given{{email("p3.invented.w0000003@gmail.com"), toRecover, year, true}}},
		{name: "P4", probe: email("p4.reader@people.example"), dummy: email("q4.reader@people.example"), gave: []given{{email("p4.reader@people.example"), toAlert, year, true}}},
		{name: "P5", probe: phone("+447700900105"), dummy: phone("+447700900905"), gave: []given{
			{phone("+447700900105"), toSignIn, year, true}, {phone("+447700900105"), forAll, ago(2), true}, {email("p5.reader@people.example"), forAll, ago(2), true},
		}},
		{name: "P6", probe: email("p6.reader@people.example"), dummy: email("q6.reader@people.example"), gave: []given{{email("p6.reader@people.example"), forAll, ago(3), true}}},
		{name: "P7", probe: email("p7.reader@people.example"), dummy: email("q7.reader@people.example"), gave: []given{{email("p7.reader@people.example"), forAll, ago(3), true}}},
		{name: "P8", probe: email("p8.invented.w0000008@gmail.com"), dummy: email("q8.invented.w0000008@gmail.com"), gave: []given{
			{email("p8.invented.w0000008@gmail.com"), forAll, ago(3), true}, {phone("+447700900108"), toSignIn, year, true},
		}},
		{name: "P9", probe: phone("+447700900109"), dummy: phone("+447700900909"), gave: []given{{phone("+447700900109"), toFind, ago(4), true}}},
		{name: "P10", probe: email("p10.reader@people.example"), dummy: email("q10.reader@people.example"), gave: []given{{email("p10.reader@people.example"), forAll, ago(4), true}}, age: "minor"},
		{name: "P11", probe: email("p11.reader@people.example"), dummy: email("q11.reader@people.example"), gave: []given{{email("p11.reader@people.example"), forMonth, ago(1) - 12*time.Hour, true}}},
		{name: "P12", probe: email("p12.reader@people.example"), dummy: email("q12.reader@people.example"), gave: []given{{email("p12.reader@people.example"), forAdvertise, ago(4), true}}},
		{name: "P13", probe: email("p13.reader@people.example"), dummy: email("q13.reader@people.example"), gave: []given{{email("p13.reader@people.example"), forAll, ago(4), false}}},
	}
}

// background are n accounts' addresses with an ads grant, from the i-th on.
func background(i, n int) []row {
	out := make([]row, 0, n)
	for ; n > 0; n-- {
		out = append(out, email(fmt.Sprintf("b%06d@people.example", i)))
		i++
	}
	return out
}

// nobody are n addresses that nobody on the platform has; no two calls of other
// numbers return one twice.
func nobody(i, n int) []row {
	out := make([]row, 0, n)
	for ; n > 0; n-- {
		out = append(out, email(fmt.Sprintf("x%06d@people.example", i)))
		i++
	}
	return out
}

// asked is a prompt of the audit.
type asked struct {
	id, basis, text string
	purposes        []string
	months          int
}

func questions() []asked {
	advertiser, partner, suppress := "ads.match.advertiser", "ads.match.partner", "ads.suppress"
	return []asked{
		{toSignIn, "consent", "Add a phone number to receive a code when you sign in.", []string{"sec.2fa"}, 0},
		{toUnlock, "legitimate_interest", "Confirm a number to unlock your account.", []string{"sec.reauth"}, 0},
		{toRecover, "contract", "Add an address at which we reach you if you lose access.", []string{"sec.recovery"}, 0},
		{toAlert, "legitimate_interest", "Tell us where to write when somebody signs in to your account.", []string{"sec.login_alert"}, 0},
		{toFind, "consent", "Look for friends in your address book.", []string{"svc.contact_discovery"}, 0},
		{forAll, "consent", "May advertisers and partners that have this address find you here, to show you their ads?", []string{advertiser, partner, suppress}, 25},
		{forMonth, "consent", "May advertisers and partners that have this address find you here for a month?", []string{advertiser, partner, suppress}, 1},
		{forAdvertise, "consent", "May advertisers that have this address find you here, to show you their ads?", []string{advertiser, suppress}, 25},
	}
}

// askPeople registers the prompts, as one operator, and approves those that ask
// for advertising, as the other.
func (s *stage) askPeople(ctx context.Context) error {
	type text struct {
		Text   string `json:"text"`
		SHA256 string `json:"sha256"`
	}
	type one struct {
		ID       string          `json:"id"`
		Version  int             `json:"version"`
		Surface  string          `json:"surface"`
		Basis    string          `json:"legal_basis"`
		Purposes []string        `json:"purposes"`
		Months   int             `json:"ads_expiry_months,omitempty"`
		Texts    map[string]text `json:"texts"`
	}
	var all struct {
		Prompts []one `json:"prompts"`
	}
	for _, q := range questions() {
		sum := sha256.Sum256([]byte(q.text))
		all.Prompts = append(all.Prompts, one{q.id, 1, "audit", q.basis, q.purposes, q.months, map[string]text{"en": {q.text, hex.EncodeToString(sum[:])}}})
	}
	done, err := readFrom[api.Items[api.Applied]](s.post(ctx, s.keys.operator, "register the prompts", "/v1/prompts", all))
	if err != nil {
		return err
	}
	for _, p := range done.Items {
		if p.State != prompt.Pending {
			continue
		}
		path := fmt.Sprintf("/v1/prompts/%s/versions/%d:approve", p.ID, p.Version)
		if _, err := s.post(ctx, s.keys.second, "approve a prompt", path, api.Approval{Grants: prompt.ForAds}); err != nil {
			return err
		}
	}
	return nil
}

// bringPeople imports everybody, and has P7 object.
func (s *stage) bringPeople(ctx context.Context) error {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	line := func(fields map[string]string) { _ = lines.Encode(fields) } // a buffer takes everything
	bring := func(account, age string, gave ...given) {
		line(map[string]string{"type": "account", "account": account, "country": "GB", "age_class": age, "active_on": s.begin.Format(time.DateOnly), "state": "active"})
		for _, g := range gave {
			at := s.begin.Add(-g.ago).Format(time.RFC3339)
			fields := map[string]string{"type": "contact_point", "account": account, "kind": g.at.kind.String(), "value": g.at.text, "prompt": g.prompt + "@1", "given_at": at}
			if g.proof {
				fields["verified_at"], fields["verified_by"] = at, "code"
			}
			line(fields)
		}
	}
	for i, r := range background(0, s.sizes.Background) {
		bring(fmt.Sprintf("b%06d", i), "adult", given{r, forAll, year / 4, true})
	}
	for _, p := range s.people {
		age := p.age
		if age == "" {
			age = "adult"
		}
		bring(p.name, age, p.gave...)
	}
	a, err := s.ask(ctx, question{what: "import the people", key: s.keys.platform, method: http.MethodPost, path: "/v1/imports", kind: "application/x-ndjson", body: b.Bytes()})
	done, err := readFrom[api.Imported](a, err)
	if err != nil {
		return err
	}
	if done.Points.Refused > 0 || done.Accounts.Refused > 0 {
		return fmt.Errorf("import the people: %d accounts and %d contact points are refused", done.Accounts.Refused, done.Points.Refused)
	}
	_, err = s.post(ctx, s.keys.platform, "object", "/v1/objections", api.Objection{Account: "P7", Scope: contact.ScopeAll})
	return err
}

// person returns one of the people by name.
func (s *stage) person(name string) person {
	for _, p := range s.people {
		if p.name == name {
			return p
		}
	}
	panic("the audit has no person " + name) // a step names one that is not in the table
}
