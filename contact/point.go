package contact

import (
	"encoding/base32"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// Handle ties the contact points of one account that hold the same address, so
// that a person sees and withdraws by address. It is keyed by account: the same
// address at two accounts has two unrelated handles.
type Handle [16]byte

var handleText = base32.StdEncoding.WithPadding(base32.NoPadding)

// String returns the handle as a person and the platform name it: adr_ and
// base32. It tells nothing of the address.
func (h Handle) String() string { return "adr_" + strings.ToLower(handleText.EncodeToString(h[:])) }

// ParseHandle reads what String returns. It returns a CodeInvalid error for
// anything else.
func ParseHandle(s string) (Handle, error) {
	text, ok := strings.CutPrefix(s, "adr_")
	b, err := handleText.DecodeString(strings.ToUpper(text))
	if !ok || err != nil || len(b) != len(Handle{}) || Handle(b).String() != s || Handle(b) == (Handle{}) {
		return Handle{}, selvedge.Errorf(selvedge.CodeInvalid, "is not an address as contact points name it").At("address").Because("bad_address")
	}
	return Handle(b), nil
}

// Handles makes handles. It is safe for concurrent use.
type Handles struct{ key secret.Key }

// NewHandles returns the handle maker of an installation.
func NewHandles(root *secret.Root) Handles { return Handles{root.Derive("contact/handle")} }

// Of returns the handle of a form within an account.
func (h Handles) Of(platformID string, f identifier.Form) Handle {
	sum := h.key.MAC([]byte(platformID), []byte{byte(f.Class >> 8), byte(f.Class)}, f.Digest[:])
	return Handle(sum[:len(Handle{})])
}

// Point is one contact point: one address or number, held for an account, from
// one prompt event. Account, Handle, Prompt and GivenAt tell it apart.
type Point struct {
	ID         selvedge.ContactID
	Account    selvedge.AccountID
	Kind       identifier.Kind
	Handle     Handle
	Prompt     prompt.Ref
	GivenAt    time.Time
	VerifiedAt time.Time // zero until the person proved control
	VerifiedBy string    // how: a lower-case word such as code or link
	Purposes   purpose.Set
	Mask       []byte // sealed, nil if the value was never seen
	Import     ImportID
}

// AdsGrant is the matchable side of a contact point: there is one for each
// ordinal.
type AdsGrant struct {
	Ordinal   selvedge.Ordinal
	Contact   selvedge.ContactID
	Account   selvedge.AccountID
	Person    selvedge.Person
	Purposes  purpose.Set // as granted: ads.* only
	Live      purpose.Set // of these, the ones that have not ended
	ExpiresAt time.Time
	Import    ImportID // that brings its tokens
}

// EndReason says why a grant ended.
type EndReason string

// The reasons.
const (
	Withdrawn EndReason = "withdrawn"
	Expired   EndReason = "expired"
	Lost      EndReason = "control_lost" // of the address
)

// End is the end of one grant: of a contact point, for a purpose. It is final.
type End struct {
	Contact selvedge.ContactID
	Purpose purpose.Purpose
	At      time.Time
	Reason  EndReason
}

// AddressEnd is the end of purposes for all that an account gave of an address up
// to a time. It stands over what comes to be known of that time later.
type AddressEnd struct {
	Account  selvedge.AccountID
	Handle   Handle
	Purposes purpose.Set
	At       time.Time
	Reason   EndReason // Withdrawn or Lost
}

// covers returns the purposes that the end takes from a contact point.
func (e AddressEnd) covers(p Point) purpose.Set {
	if e.Account != p.Account || e.Handle != p.Handle || p.GivenAt.After(e.At) {
		return 0
	}
	return e.Purposes & p.Purposes
}

// MaskSealer seals what a person may be shown of their own address.
type MaskSealer interface {
	Seal(mask string, bound []byte) []byte
	Open(sealed, bound []byte) (string, error)
}
