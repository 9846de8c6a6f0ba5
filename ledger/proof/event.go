package proof

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

const (
	eventTag = "selvedge-event/1"
	// micros is RFC 3339 in UTC with microseconds, always all six digits.
	micros = "2006-01-02T15:04:05.000000Z"
)

// SaltSize is the number of bytes in a Salt.
const SaltSize = 16

// Salt hides an event in its commitment. Each event has one of its own, random,
// and whoever is given a proof is given that one.
type Salt [SaltSize]byte

// Commitment stands for an event in the log: HMAC-SHA-256 of the event's text
// under its salt. Without the salt it tells nothing, not even to somebody who
// can guess the event.
type Commitment [sha256.Size]byte

// Event is one act, as the ledger has it.
type Event struct {
	Space string    // which of the two logs: "ads" or "registry"
	Seq   int64     // its place in the space, from 1 without a gap
	At    time.Time // to the microsecond
	Kind  string
	Role  string // what acted
	Actor string // the name of who acted; any bytes
	Body  []byte // JSON, byte for byte as the outbox keeps it
}

// Marshal returns the one text of the event, which commitments are made of. Two
// events that differ have different texts. It returns a CodeInvalid error if
// the event cannot be one: a space, kind or role that is no word, a Seq below
// 1, a time with parts of a microsecond or with a year that has not four
// digits, or a body that is not JSON.
func (e Event) Marshal() ([]byte, error) {
	for _, w := range []struct{ field, value string }{{"space", e.Space}, {"kind", e.Kind}, {"role", e.Role}} {
		if !isWord(w.value) {
			return nil, fault("event", "bad_word", "the %s is not a word", w.field)
		}
	}
	at := e.At.UTC()
	switch {
	case e.Seq < 1:
		return nil, fault("event", "bad_number", "sequence numbers start at 1")
	case at.Nanosecond()%1000 != 0 || at.Year() < 0 || at.Year() > 9999:
		return nil, fault("event", "bad_time", "the time is not in whole microseconds of a year of four digits")
	case !json.Valid(e.Body):
		return nil, fault("event", "bad_body", "the body is not JSON")
	}
	b := make([]byte, 0, 128+len(e.Actor)+len(e.Body))
	for _, line := range []string{eventTag, e.Space, strconv.FormatInt(e.Seq, 10), at.Format(micros), e.Kind, e.Role} {
		b = append(append(b, line...), '\n')
	}
	// A name is the only free text before the body. Its length before it keeps
	// a name with a line break in it from passing for other lines.
	b = strconv.AppendInt(b, int64(len(e.Actor)), 10)
	b = append(append(append(b, ' '), e.Actor...), '\n')
	return append(b, e.Body...), nil
}

// ParseEvent reads what Marshal wrote. It returns a CodeInvalid error for any
// other bytes: an event has one text.
func ParseEvent(b []byte) (Event, error) {
	head := bytes.SplitN(b, []byte{'\n'}, 7)
	if len(head) != 7 || string(head[0]) != eventTag {
		return Event{}, fault("event", "bad_form", "this is no event of version 1")
	}
	e := Event{Space: string(head[1]), Kind: string(head[4]), Role: string(head[5])}
	var err error
	if e.Seq, err = strconv.ParseInt(string(head[2]), 10, 64); err != nil {
		return Event{}, fault("event", "bad_number", "the sequence number is not one")
	}
	if e.At, err = time.Parse(micros, string(head[3])); err != nil {
		return Event{}, fault("event", "bad_time", "the time is not in RFC 3339 with microseconds, in UTC")
	}
	length, rest, ok := bytes.Cut(head[6], []byte{' '})
	n, err := strconv.ParseInt(string(length), 10, 64)
	if !ok || err != nil || n < 0 || n >= int64(len(rest)) || rest[n] != '\n' {
		return Event{}, fault("event", "bad_actor", "the actor is not as long as it says")
	}
	e.Actor, e.Body = string(rest[:n]), bytes.Clone(rest[n+1:])
	again, err := e.Marshal()
	if err != nil {
		return Event{}, err
	}
	if !bytes.Equal(again, b) {
		return Event{}, fault("event", "bad_form", "the event is not in its one form")
	}
	return e, nil
}

// Commit returns the commitment to an event. It returns Marshal's error.
func Commit(salt Salt, e Event) (Commitment, error) {
	text, err := e.Marshal()
	if err != nil {
		return Commitment{}, err
	}
	m := hmac.New(sha256.New, salt[:])
	m.Write(text)
	return Commitment(m.Sum(nil)), nil
}

// isWord says whether s is 1 to 64 of the lower-case letters, digits, dots,
// hyphens and underscores, a letter first. The ledger's words are kept for
// ever: there is no form of them that a line could not hold.
func isWord(s string) bool {
	if s == "" || len(s) > 64 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == ""
}
