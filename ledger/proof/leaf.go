package proof

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// MaxEntries is the most entries that one leaf may stand for.
const MaxEntries = 4096

const (
	leafTag = "selvedge-leaf/1"
	minute  = "2006-01-02T15:04Z"
)

// Leaf is one record of a log: a range of a space's entries and the root of
// the Merkle tree over their commitments. It says when to the minute only, and
// nothing of what.
type Leaf struct {
	Space       string
	First, Last int64     // sequence numbers, both within
	Root        tlog.Hash // over the commitments of First to Last, in order
	From        time.Time // the minute of entry First, UTC
	Until       time.Time // the minute of entry Last; before From if a clock went back
}

// Count returns the number of entries.
func (l Leaf) Count() int64 { return l.Last - l.First + 1 }

// Marshal returns the leaf's one text. It returns a CodeInvalid error if there
// can be no such leaf: a space that is no word, a First below 1, no entry or
// more than MaxEntries, or a time that is not a whole minute of a year of four
// digits.
func (l Leaf) Marshal() ([]byte, error) {
	if !isWord(l.Space) {
		return nil, fault("leaf", "bad_word", "the space is not a word")
	}
	if l.First < 1 || l.Last < l.First || l.Last-l.First >= MaxEntries {
		return nil, fault("leaf", "bad_range", "a leaf has 1 to %d entries, numbered from 1", MaxEntries)
	}
	for _, t := range []time.Time{l.From, l.Until} {
		if t = t.UTC(); !t.Equal(Minute(t)) || t.Year() < 0 || t.Year() > 9999 {
			return nil, fault("leaf", "bad_time", "the time is not a whole minute of a year of four digits")
		}
	}
	return fmt.Appendf(nil, "%s\nspace %s\nfirst %d\nlast %d\ncount %d\nroot %s\nfrom %s\nuntil %s\n",
		leafTag, l.Space, l.First, l.Last, l.Count(), l.Root, l.From.UTC().Format(minute), l.Until.UTC().Format(minute)), nil
}

// ParseLeaf reads what Marshal wrote. It returns a CodeInvalid error for any
// other bytes: a leaf has one text.
func ParseLeaf(b []byte) (Leaf, error) {
	lines := strings.Split(string(b), "\n")
	if lines[0] != leafTag {
		return Leaf{}, fault("leaf", "bad_version", "this is no leaf of version 1")
	}
	names := []string{"space", "first", "last", "count", "root", "from", "until"}
	if len(lines) != len(names)+2 {
		return Leaf{}, fault("leaf", "bad_form", "a leaf has %d lines", len(names)+1)
	}
	values := make([]string, len(names))
	for i, name := range names {
		var ok bool
		if values[i], ok = strings.CutPrefix(lines[i+1], name+" "); !ok {
			return Leaf{}, fault("leaf", "bad_form", "line %d is not the %s", i+2, name)
		}
	}
	l := Leaf{Space: values[0]}
	for i, n := range []*int64{&l.First, &l.Last} {
		var err error
		if *n, err = strconv.ParseInt(values[i+1], 10, 64); err != nil {
			return Leaf{}, fault("leaf", "bad_number", "the %s number is not one", names[i+1])
		}
	}
	var err error
	if l.Root, err = tlog.ParseHash(values[4]); err != nil {
		return Leaf{}, fault("leaf", "bad_root", "the root is not a hash")
	}
	for i, t := range []*time.Time{&l.From, &l.Until} {
		if *t, err = time.Parse(minute, values[i+5]); err != nil {
			return Leaf{}, fault("leaf", "bad_time", "%s is not a minute", names[i+5])
		}
	}
	again, err := l.Marshal()
	if err != nil {
		return Leaf{}, err
	}
	// Also a count that the range does not have ends here.
	if !bytes.Equal(again, b) {
		return Leaf{}, fault("leaf", "bad_form", "the leaf is not in its one form")
	}
	return l, nil
}

// Minute cuts a time to the minute that a leaf would show.
func Minute(t time.Time) time.Time { return t.UTC().Truncate(time.Minute) }
