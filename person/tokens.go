package person

import (
	"fmt"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/jwt"

	"github.com/selvedge/selvedge"
)

// TokenLife is the longest that a token of the platform may open, from now on.
const TokenLife = time.Hour

// Tokens opens the tokens that a platform signs itself for people who are signed
// in: JSON Web Tokens (RFC 7519), in place of links. It is safe for concurrent
// use. It has public keys only, and can make none.
type Tokens struct {
	verifier         jwt.Verifier
	issuer, audience string
	clock            selvedge.Clock
}

// NewTokens returns the Tokens of a platform's public keys, a JSON Web Key Set
// (RFC 7517) whose keys each name their one algorithm: RS256, PS256, ES256 or a
// longer one of these. Issuer and audience are what the claims iss and aud must
// say. It returns a CodeInvalid error for keys that are none, that are secret or
// that name no such algorithm, and for an empty issuer or audience.
func NewTokens(keys []byte, issuer, audience string, clock selvedge.Clock) (*Tokens, error) {
	if issuer == "" || audience == "" {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "needs an issuer and an audience").At("person_keys").Because("no_issuer")
	}
	bad := selvedge.Errorf(selvedge.CodeInvalid, "must be a JSON Web Key Set of public keys, each with its alg: RS256, PS256, ES256 or longer ones").
		At("person_keys").Because("bad_key_set")
	handle, err := jwt.JWKSetToPublicKeysetHandle(keys)
	if err != nil {
		return nil, bad // what is wrong with it may hold a part of it
	}
	verifier, err := jwt.NewVerifier(handle)
	if err != nil {
		return nil, bad
	}
	return &Tokens{verifier, issuer, audience, clock}, nil
}

// IsToken says whether a bearer token has the shape of a JSON Web Token.
func IsToken(bearer string) bool { return strings.Count(bearer, ".") == 2 }

// Open returns whose token it is: the claim sub is the platform's id of the
// account. It returns a CodeUnauthenticated error, always the same, for one that
// is not signed by a key of the set with that key's own algorithm, that names a
// key that is not in the set, that is for another audience or of another issuer,
// that has no exp or no sub, that opens later than now, no more, or for longer
// than TokenLife from now.
func (t *Tokens) Open(bearer string) (selvedge.Actor, error) {
	platformID, err := t.open(bearer)
	if err != nil {
		// Why is not said, nor logged: it may hold what is in the token.
		return selvedge.Actor{}, selvedge.Errorf(selvedge.CodeUnauthenticated, "this token opens nothing: open the page from the platform again")
	}
	return selvedge.Self(platformID), nil
}

func (t *Tokens) open(bearer string) (platformID string, err error) {
	now := t.clock.Now()
	validator, err := jwt.NewValidator(&jwt.ValidatorOpts{
		ExpectedIssuer: &t.issuer, ExpectedAudience: &t.audience, IgnoreTypeHeader: true, FixedNow: now,
	})
	if err != nil {
		return "", err
	}
	token, err := t.verifier.VerifyAndDecode(bearer, validator)
	if err != nil {
		return "", err
	}
	until, err := token.ExpiresAt()
	if err != nil {
		return "", err
	}
	if until.After(now.Add(TokenLife)) {
		return "", fmt.Errorf("the token opens for more than %s", TokenLife)
	}
	platformID, err = token.Subject()
	if err == nil && platformID == "" {
		err = fmt.Errorf("the token has no subject")
	}
	return platformID, err
}
