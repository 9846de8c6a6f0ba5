package person

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/vault"
)

// LinkLife is how long a link opens.
const LinkLife = time.Hour

// linkPrefix tells a link's token from a key.
const linkPrefix = "slm_"

// Links makes and opens the tokens by which a person who is signed in at the
// platform comes here. It is safe for concurrent use. A token is sealed: it shows
// neither whose it is nor how long it opens.
type Links struct {
	Sealer *vault.Links
	Clock  selvedge.Clock
}

// Link is a token and when it ends.
type Link struct {
	Token     string
	ExpiresAt time.Time
}

// Make returns a token for the holder of an account. Only the platform may: it
// knows who is signed in. It does not ask whether there is such an account.
func (l *Links) Make(actor selvedge.Actor, platformID string) (Link, error) {
	if err := actor.Must(selvedge.PlatformRole); err != nil {
		return Link{}, err
	}
	link := Link{ExpiresAt: l.Clock.Now().Add(LinkLife)}
	text := string(binary.BigEndian.AppendUint64(nil, uint64(link.ExpiresAt.UnixMicro()))) + platformID
	link.Token = linkPrefix + base64.RawURLEncoding.EncodeToString(l.Sealer.Seal(text, nil))
	return link, nil
}

// IsLink says whether a bearer token is one of a link, opening or not.
func IsLink(bearer string) bool { return strings.HasPrefix(bearer, linkPrefix) }

// Open returns whose token it is. It returns a CodeUnauthenticated error, always
// the same, for one that this installation did not make or that has ended.
func (l *Links) Open(bearer string) (selvedge.Actor, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(bearer, linkPrefix))
	if err == nil && IsLink(bearer) {
		text, err := l.Sealer.Open(sealed, nil)
		if err == nil && len(text) > 8 && l.Clock.Now().UnixMicro() < int64(binary.BigEndian.Uint64([]byte(text[:8]))) {
			return selvedge.Self(text[8:]), nil
		}
	}
	return selvedge.Actor{}, selvedge.Errorf(selvedge.CodeUnauthenticated, "this link has ended: open the page from the platform again")
}
