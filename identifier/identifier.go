package identifier

import (
	"encoding/hex"
	"log/slog"
)

// RuleSet is the version of the rules in this package. It is recorded with
// everything that was computed under it. A rule is never changed in place: a
// change is a new version, and contact points are indexed again.
const RuleSet uint32 = 1

// Kind is what an identifier is: an e-mail address or a phone number. The zero
// Kind is neither, and refuses everything. The numbers are kept in databases
// and never change.
type Kind uint8

// The kinds.
const (
	Email Kind = 1
	Phone Kind = 2
)

// String returns "email", "phone" or "none".
func (k Kind) String() string {
	switch k {
	case Email:
		return "email"
	case Phone:
		return "phone"
	default:
		return "none"
	}
}

// ParseKind returns the Kind of its String, and false for any other text.
func ParseKind(s string) (Kind, bool) {
	switch s {
	case "email":
		return Email, true
	case "phone":
		return Phone, true
	default:
		return 0, false
	}
}

// Class is the space in which a form is looked up. Forms of different classes
// never meet: each class has a token key of its own. The numbers are kept in
// files and never change.
type Class uint16

// The classes. A hashed e-mail does not say which rule its sender used, so the
// forms E0 to E5 share one class, and P0 and P1 another.
const (
	ClassEmail Class = 1
	ClassPhone Class = 2
)

// String returns "email" or "phone", "none" for anything else.
func (c Class) String() string { return Kind(c).String() }

// Class returns the class that the kind's forms are looked up in.
func (k Kind) Class() Class { return Class(k) }

// Digest is the SHA-256 of one canonical form. A digest of a phone number is
// the phone number to anyone with an afternoon, so it prints redacted, whatever
// it is printed with; Hex is for the one command whose purpose is to show it.
type Digest [32]byte

const redacted = "[redacted]"

// String implements fmt.Stringer and shows nothing.
func (Digest) String() string { return redacted }

// GoString implements fmt.GoStringer and shows nothing.
func (Digest) GoString() string { return redacted }

// LogValue implements slog.LogValuer and shows nothing.
func (Digest) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler and shows nothing.
func (Digest) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Hex returns the digest in lower-case hexadecimal. Its callers are listed in
// the architecture test.
func (d Digest) Hex() string { return hex.EncodeToString(d[:]) }

// Form is one canonical way of writing an identifier, as its hash.
type Form struct {
	Class  Class
	Digest Digest
}
