package contact

import (
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
	// AgeAt and StateAt are since when Age and State are so, by the platform's
	// clock.
	AgeAt, StateAt time.Time
	Person         selvedge.Person // 0 until the first ordinal
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

// Masked returns the masks that hold for the account, objections apart: those
// are about single addresses and orgs too.
func (a Account) Masked(p AgePolicy) []Mask {
	var ms []Mask
	if a.Age != Adult && (a.Age != AgeUnknown || p != UnknownIsAdult) {
		ms = append(ms, MaskAge)
	}
	if a.State != Active {
		ms = append(ms, MaskState)
	}
	return ms
}

// isPlatformID says whether a text is 1 to 128 visible ASCII characters. An
// import asks for every row, so this and its neighbours are no expressions.
func isPlatformID(s string) bool {
	return s != "" && len(s) <= 128 && each(s, func(c byte) bool { return '!' <= c && c <= '~' })
}

// isCountry says whether a text is two capital letters.
func isCountry(s string) bool {
	return len(s) == 2 && each(s, func(c byte) bool { return 'A' <= c && c <= 'Z' })
}

// isWay says whether a text can be how somebody proved control: a letter, then
// at most 31 letters and underscores, all lower-case.
func isWay(s string) bool {
	return s != "" && len(s) <= 32 && s[0] != '_' && each(s, func(c byte) bool { return 'a' <= c && c <= 'z' || c == '_' })
}

// each says whether all bytes of a text are of a kind.
func each(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

// sameFacts says whether an import's row tells nothing new of the account.
func (a Account) sameFacts(b Account) bool {
	return a.Country == b.Country && a.Age == b.Age && a.State == b.State && a.ActiveOn.Equal(b.ActiveOn)
}
