package org

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
)

// Key is one bearer key. Only its hash is kept: the key has 256 random bits, so
// a plain SHA-256 cannot be searched.
type Key struct {
	Public    string // the part by which it is found; no secret
	Hash      [sha256.Size]byte
	Role      selvedge.Role // OrgRole, PlatformRole or OperatorRole
	Org       selvedge.OrgID
	Name      string          // of an operator: the person's, as ParseOperatorName returns it
	Scopes    selvedge.Scopes // of an org's key
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero unless it was taken back
}

// KeyLife is how long a key is valid.
const KeyLife = 366 * 24 * time.Hour

// newKey makes a key: slv_PUBLIC_SECRET. The entropy stream is the owner's own,
// so that an org's key does not depend on what else the server has drawn.
func newKey(e selvedge.Entropy, stream string) (secret string, k Key) {
	var b [8 + 32]byte
	e.Fill(stream, b[:])
	k.Public = hex.EncodeToString(b[:8])
	secret = "slv_" + k.Public + "_" + base64.RawURLEncoding.EncodeToString(b[8:])
	k.Hash = sha256.Sum256([]byte(secret))
	return secret, k
}

// publicPart returns the part of a bearer key by which it is found, and false
// if the text is no key.
func publicPart(bearer string) (string, bool) {
	rest, ok := strings.CutPrefix(bearer, "slv_")
	if !ok {
		return "", false
	}
	public, secret, ok := strings.Cut(rest, "_")
	return public, ok && len(public) == 16 && len(secret) == 43
}

// opens says whether the bearer key is k, in constant time.
func (k Key) opens(bearer string) bool {
	sum := sha256.Sum256([]byte(bearer))
	return subtle.ConstantTimeCompare(sum[:], k.Hash[:]) == 1
}

// valid says whether the key may be used at a time.
func (k Key) valid(now time.Time) bool {
	return k.RevokedAt.IsZero() && now.Before(k.ExpiresAt)
}

func (k Key) actor() selvedge.Actor {
	switch k.Role {
	case selvedge.OrgRole:
		return selvedge.OrgActor(k.Org, k.Public).With(k.Scopes)
	case selvedge.PlatformRole:
		return selvedge.Platform(k.Public)
	case selvedge.OperatorRole:
		return selvedge.OperatorByKey(k.Name, k.Public)
	default:
		return selvedge.Actor{}
	}
}
