package person_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/person"
)

var now = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// The platform's keys, and those of somebody else. They are made anew each time.
type signers struct {
	rsa, otherRSA *rsa.PrivateKey
	ec, otherEC   *ecdsa.PrivateKey
}

func newSigners(t *testing.T) (s signers) {
	t.Helper()
	for _, k := range []**rsa.PrivateKey{&s.rsa, &s.otherRSA} {
		var err error
		if *k, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []**ecdsa.PrivateKey{&s.ec, &s.otherEC} {
		var err error
		if *k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (s signers) rsaKey() map[string]string {
	return map[string]string{
		"kty": "RSA", "kid": "r", "alg": "RS256", "use": "sig",
		"n": b64(s.rsa.N.Bytes()), "e": b64(big.NewInt(int64(s.rsa.E)).Bytes()),
	}
}

func (s signers) ecKey() map[string]string {
	point, _ := s.ec.PublicKey.Bytes() // 4, x, y: of a curve that is known
	return map[string]string{"kty": "EC", "crv": "P-256", "kid": "e", "alg": "ES256", "use": "sig", "x": b64(point[1:33]), "y": b64(point[33:])}
}

func set(keys ...map[string]string) []byte {
	b, _ := json.Marshal(map[string]any{"keys": keys}) // of texts: cannot fail
	return b
}

type claims = map[string]any

func signed(header, body claims, sign func(string) []byte) string {
	h, _ := json.Marshal(header) // of texts and numbers: cannot fail
	c, _ := json.Marshal(body)
	text := b64(h) + "." + b64(c)
	return text + "." + b64(sign(text))
}

func byRSA(k *rsa.PrivateKey) func(string) []byte {
	return func(text string) []byte {
		sum := sha256.Sum256([]byte(text))
		sig, _ := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
		return sig
	}
}

func byEC(k *ecdsa.PrivateKey) func(string) []byte {
	return func(text string) []byte {
		sum := sha256.Sum256([]byte(text))
		r, s, _ := ecdsa.Sign(rand.Reader, k, sum[:])
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

func byHMAC(key []byte) func(string) []byte {
	return func(text string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
}

func good() claims {
	return claims{"iss": "https://platform.example", "aud": "selvedge", "sub": "u-1001", "exp": now.Add(time.Minute).Unix()}
}

func but(base claims, name string, v any) claims {
	c := maps.Clone(base)
	if c[name] = v; v == nil {
		delete(c, name)
	}
	return c
}

// TestTokens: what the platform signs opens its own account; of forgeries each
// kind is refused, with one and the same answer.
func TestTokens(t *testing.T) {
	t.Parallel()
	s := newSigners(t)
	tokens, err := person.NewTokens(set(s.rsaKey(), s.ecKey()), "https://platform.example", "selvedge", fakeclock.New(now))
	if err != nil {
		t.Fatal(err)
	}
	rs, es := claims{"alg": "RS256", "kid": "r"}, claims{"alg": "ES256", "kid": "e"}
	withRSA, withEC := byRSA(s.rsa), byEC(s.ec)
	none := func(string) []byte { return nil }
	for name, token := range map[string]string{
		"RS256":               signed(rs, good(), withRSA),
		"ES256":               signed(es, good(), withEC),
		"without a kid":       signed(but(es, "kid", nil), good(), withEC),
		"two audiences":       signed(es, but(good(), "aud", []string{"other", "selvedge"}), withEC),
		"nbf is now":          signed(es, but(good(), "nbf", now.Unix()), withEC),
		"as long as it may":   signed(es, but(good(), "exp", now.Add(person.TokenLife).Unix()), withEC),
		"with other claims":   signed(es, but(good(), "email", "x"), withEC),
		"a type that is said": signed(but(es, "typ", "JWT"), good(), withEC),
	} {
		if actor, err := tokens.Open(token); err != nil || actor != selvedge.Self("u-1001") {
			t.Errorf("%s: %v, %v", name, actor, err)
		}
	}
	public := []byte(s.rsaKey()["n"])
	want := ""
	for name, token := range map[string]string{
		"alg none":                signed(claims{"alg": "none"}, good(), none),
		"alg none with a kid":     signed(claims{"alg": "none", "kid": "e"}, good(), none),
		"alg nOnE":                signed(claims{"alg": "nOnE", "kid": "e"}, good(), none),
		"no alg":                  signed(claims{"kid": "e"}, good(), withEC),
		"HS256 by the public key": signed(claims{"alg": "HS256", "kid": "r"}, good(), byHMAC(public)),
		"HS256 by its bytes":      signed(claims{"alg": "HS256", "kid": "r"}, good(), byHMAC(s.rsa.N.Bytes())),
		"another algorithm":       signed(claims{"alg": "RS512", "kid": "r"}, good(), withRSA),
		"of the other key":        signed(claims{"alg": "ES256", "kid": "r"}, good(), withRSA),
		"somebody's RSA key":      signed(rs, good(), byRSA(s.otherRSA)),
		"somebody's EC key":       signed(es, good(), byEC(s.otherEC)),
		"a kid that is not there": signed(but(es, "kid", "x"), good(), withEC),
		"its own key in it":       signed(but(es, "jwk", map[string]any{"kty": "EC"}), good(), byEC(s.otherEC)),
		"something critical":      signed(but(es, "crit", []string{"x"}), good(), withEC),
		"another audience":        signed(es, but(good(), "aud", "other"), withEC),
		"no audience":             signed(es, but(good(), "aud", nil), withEC),
		"another issuer":          signed(es, but(good(), "iss", "https://evil.example"), withEC),
		"no issuer":               signed(es, but(good(), "iss", nil), withEC),
		"expired":                 signed(es, but(good(), "exp", now.Unix()), withEC),
		"no expiry":               signed(es, but(good(), "exp", nil), withEC),
		"an expiry in words":      signed(es, but(good(), "exp", "never"), withEC),
		"too long":                signed(es, but(good(), "exp", now.Add(person.TokenLife+time.Second).Unix()), withEC),
		"not yet":                 signed(es, but(good(), "nbf", now.Add(time.Second).Unix()), withEC),
		"no subject":              signed(es, but(good(), "sub", nil), withEC),
		"an empty subject":        signed(es, but(good(), "sub", ""), withEC),
		"a number for a subject":  signed(es, but(good(), "sub", 7), withEC),
		"no signature":            signed(es, good(), none),
		"cut":                     strings.TrimSuffix(signed(es, good(), withEC), "A")[:60],
		"other claims": func() string {
			a := strings.Split(signed(es, good(), withEC), ".")
			return a[0] + "." + b64([]byte(`{"sub":"u-2"}`)) + "." + a[2]
		}(),
		"padded":  signed(es, good(), withEC) + "=",
		"nothing": "..",
	} {
		actor, err := tokens.Open(token)
		if selvedge.CodeOf(err) != selvedge.CodeUnauthenticated || actor != (selvedge.Actor{}) {
			t.Errorf("%s: %v, %v", name, actor, err)
			continue
		}
		if want == "" {
			want = err.Error()
		}
		if err.Error() != want || strings.Contains(fmt.Sprintf("%+v", err), "u-1001") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTokenKeys: secret keys, keys without an algorithm and what is no set are
// refused when the server begins, not when somebody comes.
func TestTokenKeys(t *testing.T) {
	t.Parallel()
	s := newSigners(t)
	with := func(k map[string]string, name, v string) map[string]string {
		k = maps.Clone(k)
		if k[name] = v; v == "" {
			delete(k, name)
		}
		return k
	}
	for name, keys := range map[string][]byte{
		"nothing":            nil,
		"no set":             []byte(`{"kty":"EC"}`),
		"an empty set":       set(),
		"no algorithm":       set(with(s.ecKey(), "alg", "")),
		"alg none":           set(with(s.ecKey(), "alg", "none")),
		"a shared secret":    set(map[string]string{"kty": "oct", "alg": "HS256", "k": b64(make([]byte, 32))}),
		"a secret key":       set(with(s.ecKey(), "d", b64(make([]byte, 32)))),
		"one bad key of two": set(s.ecKey(), with(s.rsaKey(), "alg", "HS256")),
		"for encryption":     set(with(s.ecKey(), "use", "enc")),
	} {
		if _, err := person.NewTokens(keys, "i", "a", fakeclock.New(now)); selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range [][2]string{{"", "a"}, {"i", ""}} {
		if _, err := person.NewTokens(set(s.ecKey()), c[0], c[1], fakeclock.New(now)); selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("issuer %q, audience %q: %v", c[0], c[1], err)
		}
	}
}
