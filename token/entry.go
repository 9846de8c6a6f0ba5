package token

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
)

// Entry says that the contact point with this ordinal carries this token.
type Entry struct {
	Token   Token
	Ordinal selvedge.Ordinal
}

// Compare returns -1, 0 or +1 as t comes before u, equals it, or comes after,
// in the order of the bytes.
func (t Token) Compare(u Token) int { return bytes.Compare(t[:], u[:]) }

// Compare orders entries by token, then ordinal.
func (e Entry) Compare(f Entry) int {
	if c := e.Token.Compare(f.Token); c != 0 {
		return c
	}
	return cmp.Compare(e.Ordinal, f.Ordinal)
}

func (e Entry) append(b []byte) []byte {
	b = append(b, e.Token[:]...)
	return binary.LittleEndian.AppendUint32(b, uint32(e.Ordinal))
}

func entryFrom(row []byte) Entry {
	return Entry{Token: Token(row), Ordinal: selvedge.Ordinal(binary.LittleEndian.Uint32(row[Size:]))}
}

// Header describes the entries of a chunk or a segment. Entries are comparable
// with each other, and with a list's tokens, only if all but Count agree.
type Header struct {
	Family  Family
	Class   identifier.Class
	Epoch   Epoch
	RuleSet uint32 // identifier.RuleSet that the forms were made under
	Count   uint64 // entries
}

// Validate returns an error unless the family and class are known and the epoch
// and rule set are not zero.
func (h Header) Validate() error {
	switch {
	case h.Family != Ads:
		return errors.New("family is not known")
	case h.Class != identifier.ClassEmail && h.Class != identifier.ClassPhone:
		return errors.New("form class is not known")
	case h.Epoch == 0:
		return errors.New("no epoch")
	case h.RuleSet == 0:
		return errors.New("no rule set")
	}
	return nil
}
