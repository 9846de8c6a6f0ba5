package list

import (
	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/token"
)

// External stands where a form class stands, for an org's own id of a person. No
// contact point has a token of it: it ties rows together and reaches nobody.
const External identifier.Class = 3

// MaxExternalID is the longest id of an org's own, in bytes.
const MaxExternalID = 256

// ExternalIDs makes tokens of orgs' own ids of people: of each org under a key
// part of its own, so that two orgs' equal ids have nothing in common. Ids are
// compared byte by byte, as they were sent. The zero ExternalIDs panics.
type ExternalIDs struct{ key secret.Key }

// NewExternalIDs returns the ExternalIDs of an installation.
func NewExternalIDs(root *secret.Root) ExternalIDs {
	return ExternalIDs{root.Derive("list/external-id")}
}

// Of returns the token of an org's id.
func (e ExternalIDs) Of(org selvedge.OrgID, id string) token.Token {
	mac := e.key.MAC([]byte(org), []byte(id))
	return token.Token(mac[:token.Size])
}
