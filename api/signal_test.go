package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/person"
)

// TestSignalEverywhere tries every operation of the document that is for persons:
// the browser's signal is honoured wherever it comes first, and the answer says so.
func TestSignalEverywhere(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.described.load(t, p)
	tried := 0
	for path, item := range p.described.doc.Paths.Map() {
		for method, o := range item.Operations() {
			if o.Parameters.GetByInAndName("header", "Sec-GPC") == nil {
				if strings.HasPrefix(path, "/v1/me") {
					t.Errorf("%s %s does not look at the signal", method, path)
				}
				continue
			}
			tried++
			p := newPlatform(t)
			ada, body := p.link(t, "ada"), bodyOf(t, method, path)
			if a := p.ask(t, ada, method, path, body); a.header.Get("Selvedge-Signal") != "" {
				t.Errorf("%s %s: honoured what was not sent", method, path)
			}
			a := p.ask(t, ada, method, path, body, "Sec-GPC", "1")
			if path == "/v1/me:erase" {
				continue // there is nobody left to ask
			}
			if a.header.Get("Selvedge-Signal") != "honoured" || p.me(t, ada).SignalSince == nil {
				t.Errorf("%s %s: %+v", method, path, a)
			}
		}
	}
	if tried != 6 {
		t.Errorf("%d operations look at the signal", tried)
	}
	// It is a person's browser that is listened to, and nobody else's.
	if a := p.ask(t, p.key, "GET", "/v1/accounts/ada/contact-points", "", "Sec-GPC", "1"); a.header.Get("Selvedge-Signal") != "" || p.me(t, p.link(t, "ada")).SignalSince != nil {
		t.Errorf("the platform's header is a person's signal: %+v", a)
	}
}

// TestSignalIsNotLiftedWhileItIsSent: what would stand anew with the next request
// is not said to be gone.
func TestSignalIsNotLiftedWhileItIsSent(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	ada := p.link(t, "ada")
	p.me(t, ada, "Sec-GPC", "1")
	if got := problem(t, p.ask(t, ada, "POST", "/v1/me:lift", `{"scope":"signal"}`, "Sec-GPC", "1"), 409, selvedge.CodeConflict); got.Reason != "signal_sent" {
		t.Errorf("%+v", got)
	}
	if p.me(t, ada).SignalSince == nil {
		t.Error("it was lifted")
	}
	if a := p.ask(t, ada, "POST", "/v1/me:object", `{"scope":"partners"}`); a.status != 200 {
		t.Errorf("%+v", a)
	}
	if a := p.ask(t, ada, "POST", "/v1/me:lift", `{"scope":"partners"}`, "Sec-GPC", "1"); a.status != 200 {
		t.Errorf("another objection: %+v", a)
	}
	if a := p.ask(t, ada, "POST", "/v1/me:lift", `{"scope":"signal"}`); a.status != 200 || p.me(t, ada).SignalSince != nil {
		t.Errorf("without the signal: %+v", a)
	}
}

// TestTokenOfThePlatform: a token that the platform signs opens its own account as
// a link does, and nothing of it is in the log.
func TestTokenOfThePlatform(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	point, err := key.PublicKey.Bytes()
	must(t, err)
	text := base64.RawURLEncoding.EncodeToString
	set := fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","kid":"e","x":%q,"y":%q}]}`, text(point[1:33]), text(point[33:]))
	token := func(sub string) string {
		signed := text([]byte(`{"alg":"ES256","kid":"e"}`)) + "." +
			text(fmt.Appendf(nil, `{"iss":"i","aud":"a","sub":%q,"exp":%d}`, sub, p.clock.Now().Add(time.Minute).Unix()))
		sum := sha256.Sum256([]byte(signed))
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		must(t, err)
		return signed + "." + text(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
	}
	ada := token("ada")
	problem(t, p.ask(t, ada, "GET", "/v1/me", ""), 401, selvedge.CodeUnauthenticated) // no keys were given
	p.Tokens, err = person.NewTokens([]byte(set), "i", "a", p.clock)
	must(t, err)
	p.http.Config.Handler = p.Handler()
	if me := p.me(t, ada, "Sec-GPC", "1"); len(me.Addresses) != 2 || me.SignalSince == nil {
		t.Errorf("%+v", me)
	}
	problem(t, p.ask(t, token("nobody"), "GET", "/v1/me", ""), 404, selvedge.CodeNotFound)
	problem(t, p.ask(t, ada, "GET", "/v1/audiences", ""), 403, selvedge.CodeForbidden)
	problem(t, p.ask(t, ada, "GET", "/v1/me", "", actsFor, p.idOfOrg(t, p.acme)), 401, selvedge.CodeUnauthenticated)
	p.clock.Add(time.Minute)
	problem(t, p.ask(t, ada, "GET", "/v1/me", ""), 401, selvedge.CodeUnauthenticated)
	if strings.Contains(p.log.String(), ada[:30]) || strings.Contains(p.log.String(), ada[len(ada)-30:]) {
		t.Error("a token is in the log")
	}
}
