package bench

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"

	"github.com/selvedge/selvedge"
)

// Work is a registry of contact points and a list that asks for some of them.
// The contact points are user00000000@example.com and on, of which every fourth
// person has two. Of the list's rows 60 % are registered and distinct, spread
// over the registry, 35 % are nobody's, and 5 % repeat others; their order is
// random, and the same each time.
type Work struct {
	Contacts int     // in the registry
	Rows     int     // in the list
	Plain    bool    // the list has addresses, every third one in capitals with blanks around it, not their SHA-256
	Forms    float64 // tokens of a contact point, on average; nobody asks for what is over 1
}

// heavy says whether the work is the heavier one: with several forms, 3 of 100
// contact points are withdrawn, and the last one of a hundred came after the
// index was built.
func (w Work) heavy() bool { return w.Forms > 1 }

// validate returns a CodeInvalid error for a work that cannot be made.
func (w Work) validate() error {
	switch {
	case w.Rows < 1:
		return selvedge.Errorf(selvedge.CodeInvalid, "there must be a row").At("rows")
	case w.Contacts < w.hits() || w.Contacts > 1_000_000_000:
		return selvedge.Errorf(selvedge.CodeInvalid, "between 60 %% of the rows and 1,000,000,000 are needed").At("contacts")
	case w.Forms < 1 || w.Forms > 8:
		return selvedge.Errorf(selvedge.CodeInvalid, "must be from 1 to 8").At("forms")
	}
	return nil
}

// name tells works apart in a folder.
func (w Work) name() string {
	kind := "hashed"
	if w.Plain {
		kind = "plain"
	}
	return fmt.Sprintf("%d-of-%d-%s", w.Rows, w.Contacts, kind)
}

func (w Work) hits() int { return max(1, w.Rows*60/100) }

// firstUnknown is the number of the first address that nobody has.
const firstUnknown = 1_000_000_000

// rows returns the number of each row's address, in the order of the rows.
func (w Work) rows() []uint32 {
	rnd := rand.New(rand.NewPCG(1, 2))
	hits, repeats := w.hits(), w.Rows*5/100
	step := w.Contacts / hits
	out := make([]uint32, 0, w.Rows)
	for i := range hits {
		out = append(out, uint32(i*step+rnd.IntN(step)))
	}
	for len(out) < w.Rows-repeats {
		out = append(out, uint32(firstUnknown+len(out)))
	}
	for len(out) < w.Rows {
		out = append(out, out[rnd.IntN(w.Rows-repeats)])
	}
	rnd.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// account returns whose a contact point is.
func account(contact uint32) uint32 { return uint32(uint64(contact) * 4 / 5) }

// withdrawn says whether the person has taken the contact point back.
func (w Work) withdrawn(contact uint32) bool { return w.heavy() && contact%100 >= 97 }

// late says whether the contact point came after the index was built.
func (w Work) late(contact uint32) bool { return w.heavy() && contact%100 == 50 }

// appendAddress appends the address of a contact point, or of nobody.
func appendAddress(b []byte, n uint32) []byte { return fmt.Appendf(b, "user%08d@example.com", n) }

// appendForm appends a further form of a contact point: something that hashes to
// a token, as another spelling would.
func appendForm(b []byte, n uint32, form int) []byte {
	return fmt.Appendf(b, "user%08d+%d@example.com", n, form)
}

// forms returns how many tokens a contact point has.
func (w Work) forms(contact uint32) int {
	whole := int(w.Forms)
	// The fraction of the contact points that have one more, spread evenly.
	if more := w.Forms - float64(whole); float64(contact%1000) < more*1000 {
		return whole + 1
	}
	return whole
}

// WriteList writes the list as CSV.
func (w Work) WriteList(to io.Writer) error {
	out := bufio.NewWriterSize(to, 1<<20)
	header := "email_sha256\n"
	if w.Plain {
		header = "email\n"
	}
	_, _ = out.WriteString(header) // bufio keeps the first error
	var b []byte
	for i, n := range w.rows() {
		b = appendAddress(b[:0], n)
		switch {
		case !w.Plain:
			sum := sha256.Sum256(b)
			b = hex.AppendEncode(b[:0], sum[:])
		case i%3 == 0:
			for j, c := range b {
				if 'a' <= c && c <= 'z' {
					b[j] = c - 'a' + 'A'
				}
			}
			b = append(append([]byte("  "), b...), ' ')
		}
		_, _ = out.Write(append(b, '\n'))
	}
	return out.Flush()
}

// Truth is the answer to a work, counted without any of the engine's code.
type Truth struct {
	Contacts int // matched contact points that are not withdrawn
	Accounts int // distinct accounts of them
}

// Truth returns the answer.
func (w Work) Truth() Truth {
	found := make([]bool, w.Contacts)
	for _, n := range w.rows() {
		if n < firstUnknown {
			found[n] = true
		}
	}
	var t Truth
	last := int64(-1)
	for n, is := range found {
		if !is || w.withdrawn(uint32(n)) {
			continue
		}
		t.Contacts++
		if a := int64(account(uint32(n))); a != last { // accounts ascend with contact points
			t.Accounts++
			last = a
		}
	}
	return t
}

// writeRegistry writes the registry as CSV.
func (w Work) writeRegistry(to io.Writer) error {
	out := bufio.NewWriterSize(to, 1<<20)
	_, _ = out.WriteString("email_sha256,account\n")
	var b, line []byte
	for n := range uint32(w.Contacts) {
		b = appendAddress(b[:0], n)
		sum := sha256.Sum256(b)
		line = append(hex.AppendEncode(line[:0], sum[:]), ',')
		_, _ = out.Write(append(strconv.AppendUint(line, uint64(account(n)), 10), '\n'))
	}
	return out.Flush()
}
