package token

import (
	"fmt"
	"log/slog"
)

// Family is the use that a token is made for. The numbers stand in file
// headers and never change; the zero Family is none.
type Family uint16

// Ads is the family that lists are matched in.
const Ads Family = 1

// String returns "ads" or "none".
func (f Family) String() string {
	if f == Ads {
		return "ads"
	}
	return "none"
}

// Epoch is the generation of a family's keys, from 1.
type Epoch uint32

// FirstEpoch is the epoch that an installation begins with.
const FirstEpoch Epoch = 1

// Size is the length of a token in bytes.
const Size = 16

// Token is one keyed token. It prints redacted.
type Token [Size]byte

// Format implements fmt.Formatter and shows nothing, whatever the verb.
func (Token) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[token]")) }

// LogValue implements slog.LogValuer and shows nothing.
func (Token) LogValue() slog.Value { return slog.StringValue("[token]") }

// MarshalText implements encoding.TextMarshaler and shows nothing.
func (Token) MarshalText() ([]byte, error) { return []byte("[token]"), nil }
