package list

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// A spill is
//
//	8 bytes   "slvspill"
//	4 bytes   format version, 1, or 2 for a removal
//	4 bytes   epoch
//	4 bytes   rule set
//	12 bytes  random
//	16 each   e-mail tokens, each once
//	16 each   phone tokens, each once
//	16 each   version 2: tokens of the sender's own ids, each once
//	8 bytes   number of e-mail tokens
//	8 bytes   number of phone tokens
//	8 bytes   version 2: number of tokens of the sender's own ids
//
// with numbers in little endian. Tokens of a class ascend in their first byte, so
// that a match finds those that begin alike together. The numbers of tokens come last because they
// are not known before the tokens are written. There is no checksum: a blob is
// checked against its name. The random bytes give each upload a spill of its
// own: blobs are named by content, and the match of one upload, which deletes
// its spill, must not take that of another with the same tokens. Spills live until their list is matched, so that
// the format may change with any release that matches what is there first.
const (
	spillMagic  = "slvspill"
	spillNonce  = 12
	spillHeader = 20 + spillNonce
)

// The versions of the format.
const (
	spillOfContacts = 1
	spillOfRemoval  = 2
)

// spillCounts are the numbers of tokens by class.
type spillCounts [External + 1]uint64

// spillBegin returns what comes before the tokens.
func spillBegin(e token.Epoch, ruleSet uint32, entropy selvedge.Entropy, removal bool) []byte {
	b := append(make([]byte, 0, spillHeader), spillMagic...)
	version := uint32(spillOfContacts)
	if removal {
		version = spillOfRemoval
	}
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, uint32(e))
	b = binary.LittleEndian.AppendUint32(b, ruleSet)
	entropy.Fill("spill", b[len(b):spillHeader])
	return b[:spillHeader]
}

// spillEnd writes what comes after the tokens, flushes w into out and commits.
func spillEnd(ctx context.Context, out blob.Writer, w *bufio.Writer, counts spillCounts, removal bool) (blob.Ref, error) {
	for _, c := range spillClasses(removal) {
		_, _ = w.Write(binary.LittleEndian.AppendUint64(nil, counts[c]))
	}
	if err := w.Flush(); err != nil {
		return blob.Ref{}, fmt.Errorf("write spill: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return blob.Ref{}, err
	}
	ref, err := out.Commit()
	if err != nil {
		return blob.Ref{}, fmt.Errorf("commit spill: %w", err)
	}
	return ref, nil
}

// classes are those whose tokens have keys of an epoch.
var classes = []identifier.Class{identifier.ClassEmail, identifier.ClassPhone}

// spillClasses are the classes whose tokens a spill has, in order.
func spillClasses(removal bool) []identifier.Class {
	if removal {
		return []identifier.Class{identifier.ClassEmail, identifier.ClassPhone, External}
	}
	return classes
}

// Spill is the tokens of one list: those of its identifiers, and of the further
// forms to look up. It is safe for concurrent use.
type Spill struct {
	epoch   token.Epoch
	ruleSet uint32
	removal bool
	tokens  [External + 1][]byte
}

// OpenSpill checks the whole of b, which stays in use. It returns an error that
// says what is wrong if b is not a spill that Receive could have written.
func OpenSpill(b []byte) (*Spill, error) {
	if len(b) < spillHeader {
		return nil, errors.New("spill: too short")
	}
	if string(b[:8]) != spillMagic {
		return nil, errors.New("spill: no spill at all")
	}
	version := binary.LittleEndian.Uint32(b[8:])
	if version != spillOfContacts && version != spillOfRemoval {
		return nil, fmt.Errorf("spill: format version %d is not known", version)
	}
	s := &Spill{
		epoch: token.Epoch(binary.LittleEndian.Uint32(b[12:])), ruleSet: binary.LittleEndian.Uint32(b[16:]), removal: version == spillOfRemoval,
	}
	parts := spillClasses(s.removal)
	if len(b) < spillHeader+8*len(parts) {
		return nil, errors.New("spill: too short")
	}
	if s.epoch < token.FirstEpoch || s.ruleSet == 0 {
		return nil, errors.New("spill: no epoch or rule set")
	}
	body, trailer := b[spillHeader:len(b)-8*len(parts)], b[len(b)-8*len(parts):]
	for i, c := range parts {
		// Compared as a count of tokens, since count × Size may overflow.
		n := binary.LittleEndian.Uint64(trailer[8*i:])
		if n > uint64(len(body)/token.Size) {
			return nil, fmt.Errorf("spill: %s tokens are missing", c)
		}
		s.tokens[c], body = body[:n*token.Size], body[n*token.Size:]
		if !ascending(s.tokens[c]) {
			return nil, fmt.Errorf("spill: %s tokens are out of order", c)
		}
	}
	if len(body) > 0 {
		return nil, errors.New("spill: more bytes than tokens")
	}
	return s, nil
}

func ascending(b []byte) bool {
	for i := token.Size; i < len(b); i += token.Size {
		if b[i-token.Size] > b[i] {
			return false
		}
	}
	return true
}

// Epoch returns the epoch of the keys that the tokens were made with.
func (s *Spill) Epoch() token.Epoch { return s.epoch }

// RuleSet returns the identifier.RuleSet that the tokens were made under.
func (s *Spill) RuleSet() uint32 { return s.ruleSet }

// Len returns the number of tokens of a class, 0 for a class that is none.
func (s *Spill) Len(c identifier.Class) int64 { return int64(len(s.of(c)) / token.Size) }

// Tokens returns the tokens of a class, ascending in their first byte. They are
// part of what the spill was opened on and must not be changed.
func (s *Spill) Tokens(c identifier.Class) []token.Token {
	b := s.of(c)
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*token.Token)(unsafe.Pointer(&b[0])), len(b)/token.Size)
}

func (s *Spill) of(c identifier.Class) []byte {
	if int(c) >= len(s.tokens) {
		return nil
	}
	return s.tokens[c]
}
