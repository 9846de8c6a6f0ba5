package contact

import (
	"regexp"
	"time"

	"github.com/selvedge/selvedge"
)

// AgeClass is what the platform knows of a person's age. The zero AgeClass is
// not one.
type AgeClass string

// The age classes.
const (
	Adult      AgeClass = "adult"
	Minor      AgeClass = "minor"
	AgeUnknown AgeClass = "unknown"
)

// AgePolicy says what an unknown age counts as. There is no default: an
// installation that does not say refuses to start (DSA Art. 28(2)).
type AgePolicy string

// The policies.
const (
	UnknownIsMinor AgePolicy = "minor"
	UnknownIsAdult AgePolicy = "adult"
)

// Validate returns a CodeInvalid error for anything but the two policies.
func (p AgePolicy) Validate() error {
	if p != UnknownIsMinor && p != UnknownIsAdult {
		return selvedge.Errorf(selvedge.CodeInvalid, "must say what an unknown age counts as: minor or adult").At("unknown_age").Because("not_set")
	}
	return nil
}

// State is whether an account is in use. The zero State is not.
type State string

// The states.
const (
	Active      State = "active"
	Deactivated State = "deactivated"
)

// Account is a person's account on the platform.
type Account struct {
	ID         selvedge.AccountID
	PlatformID string // the platform's own id, compared byte for byte
	Country    string // ISO 3166, "" if not known
	Age        AgeClass
	ActiveOn   time.Time // the last day of use, zero if not known
	State      State
	ObjectedAt time.Time       // objection to all matching (GDPR Art. 21(2)); zero if none
	Person     selvedge.Person // 0 until the first ordinal
}

// Mask is a reason for which everything of an account is out of every match and
// use, for as long as it holds.
type Mask string

// The masks.
const (
	MaskObjection Mask = "objection"
	MaskAge       Mask = "age"
	MaskState     Mask = "state"
)

// Masked returns the masks that hold for the account.
func (a Account) Masked(p AgePolicy) []Mask {
	var ms []Mask
	if !a.ObjectedAt.IsZero() {
		ms = append(ms, MaskObjection)
	}
	if a.Age != Adult && (a.Age != AgeUnknown || p != UnknownIsAdult) {
		ms = append(ms, MaskAge)
	}
	if a.State != Active {
		ms = append(ms, MaskState)
	}
	return ms
}

var (
	platformIDText = regexp.MustCompile(`^[!-~]{1,128}$`)
	countryText    = regexp.MustCompile(`^[A-Z]{2}$`)
)

// sameFacts says whether an import's row tells nothing new of the account.
func (a Account) sameFacts(b Account) bool {
	return a.Country == b.Country && a.Age == b.Age && a.State == b.State && a.ActiveOn.Equal(b.ActiveOn)
}
