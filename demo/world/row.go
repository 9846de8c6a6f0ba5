package world

import (
	"encoding/base64"
	"encoding/hex"
	"iter"
	"strings"
)

// Class says why a row is in a list.
type Class string

// The classes of rows.
const (
	CastRow         Class = "cast"
	GrantedRow      Class = "granted"
	SecurityOnlyRow Class = "security_only"
	StrangerRow     Class = "stranger"
	RepeatRow       Class = "repeat"
	JunkRow         Class = "junk"
)

// Row is one row of a list, with what is known of it.
type Row struct {
	Class Class
	// Cells are as many as the list's columns.
	Cells []Cell
}

// Cell is one cell of a row.
type Cell struct {
	Text string
	// Identity is the mailbox or number that the cell is about; 0 for names,
	// blanks and junk.
	Identity Identity
	// Hashed says that Text is a hash of one spelling.
	Hashed bool

	// spellings are what was hashed, or for a cell in the clear the spellings
	// that find a contact point held as hashes.
	spellings []string
}

// source is whom a row is about.
type source struct {
	class            Class
	first, last, zip string
	main             *address
	others           []*address // further addresses that the sender may know
}

// remembered is how far back a repeat reaches.
const remembered = 64

// Contents returns the rows in order.
func (l List) Contents() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		r := l.w.rng(forList, 0, l.seed)
		draw := drawer{l: &l, r: &r, order: [2]cursor{l.cursor(0), l.cursor(1)}}
		shift := r.below(1000)
		var before [remembered]source
		known := 0
		for n := range l.Rows {
			s := draw.source(n, (n*619+shift)%1000)
			if s.class == RepeatRow {
				if known == 0 {
					s = draw.stranger(n)
				} else {
					s = before[r.below(min(known, remembered))]
					s.class = RepeatRow
				}
			} else if s.main != nil {
				before[known%remembered] = s
				known++
			}
			if !yield(l.row(&r, n, &s)) {
				return
			}
		}
	}
}

// drawer finds people for rows.
type drawer struct {
	l     *List
	r     *rng
	order [2]cursor // of granted people, and of security-only ones
	cast  int       // how many of the cast have had their row
}

// source returns whom row n is about. The place is a number below a thousand
// that runs through all of them in every thousand rows, so that the shares are
// exact.
func (d *drawer) source(n, place int) source {
	if n%3 == 1 && d.cast < len(d.l.w.cast) {
		d.cast++
		return d.castMember(n, d.cast-1)
	}
	l := d.l
	if place -= l.Granted; place < 0 {
		return d.find(n, GrantedRow)
	}
	if place -= l.SecurityOnly; place < 0 {
		return d.find(n, SecurityOnlyRow)
	}
	if place -= l.Repeats; place < 0 {
		return source{class: RepeatRow}
	}
	if place -= l.Junk; place < 0 {
		return source{class: JunkRow}
	}
	return d.stranger(n)
}

func (d *drawer) castMember(n, k int) source {
	p := d.l.w.cast[k].person
	s := source{class: CastRow, first: p.First, last: p.Last, zip: p.Zip}
	for i := range p.Contacts {
		s.add(p.Contacts[i].addr, d.l)
	}
	if s.main == nil {
		return d.stranger(n)
	}
	return s
}

// add notes an address that the list has a column for, each once.
func (s *source) add(a *address, l *List) {
	if !l.kinds(a.kind) {
		return
	}
	if s.main == nil {
		s.main = a
		return
	}
	for _, o := range append(s.others, s.main) {
		if o.identity() == a.identity() {
			return
		}
	}
	s.others = append(s.others, a)
}

func (d *drawer) stranger(n int) source {
	l, w := d.l, d.l.w
	i := l.seed&0xfff<<24 | n
	who := w.named(1, i)
	m := w.mailbox(strangerMailbox, i, who)
	mail := &address{kind: Email, mail: m, own: ownSpelling(d.r, &m)}
	tel := &address{kind: Phone, tel: strangerNumber(d.r)}
	s := source{class: StrangerRow, first: who.first.shown, last: who.last.shown, zip: string(pad(nil, d.r.below(100_000), 5))}
	if d.r.chance(l.phones(450)) {
		mail, tel = tel, mail
	}
	s.add(mail, l)
	if s.main == nil || d.r.chance(500) {
		s.add(tel, l)
	}
	return s
}

// phones bounds a share of rows that hold a phone number, in a thousand, by what
// a list of this length may hold.
func (l *List) phones(share int) int { return min(share, 1000*maxPhones/max(l.Rows, 1)) }

// find goes on through the people until one is of the class, by an address that
// the list has a column for. In a world without such people it is a stranger.
func (d *drawer) find(n int, class Class) source {
	l, w := d.l, d.l.w
	byPhone := d.r.chance(l.phones(450)) && l.kinds(Phone) || !l.kinds(Email)
	c := &d.order[0]
	if class == SecurityOnlyRow {
		c = &d.order[1]
	}
	// Nobody may be known by the kind that was drawn, in a small world: then
	// any kind will do.
	for try := range 2 * w.cfg.People {
		j := c.next()
		addrs, events := w.given(j, w.named(0, j))
		var main *address
		for _, e := range events {
			if a := addrs[e.addr]; fits(events, e, class) && l.kinds(a.kind) && (main == nil || (a.kind == Phone) == byPhone) {
				main = a
			}
		}
		if main == nil || try < w.cfg.People && (main.kind == Phone) != byPhone {
			continue
		}
		p := w.generate(j)
		s := source{class: class, first: p.First, last: p.Last, zip: p.Zip}
		s.add(main, l)
		for _, e := range events {
			// A row that stands for security only must not reach the person
			// through another column.
			if class == GrantedRow || fits(events, e, class) {
				s.add(addrs[e.addr], l)
			}
		}
		return s
	}
	return d.stranger(n)
}

// fits says whether what a person gave at an event makes a row of the class:
// an address given for advertising, or one given for security and never for
// anything else.
func fits(events []event, e event, class Class) bool {
	if class == GrantedRow {
		return len(e.asked().ads()) > 0
	}
	for _, o := range events {
		if o.addr == e.addr && !o.asked().security() {
			return false
		}
	}
	return true
}

// row writes a row about somebody.
func (l *List) row(r *rng, n int, s *source) Row {
	out := Row{Class: s.class, Cells: make([]Cell, len(l.Columns))}
	left := append([]*address(nil), s.others...)
	main := s.main
	for i, col := range l.Columns {
		c := &out.Cells[i]
		switch col.Holds {
		case HoldsFirstName:
			c.Text = s.first
		case HoldsLastName:
			c.Text = s.last
		case HoldsZip:
			c.Text = s.zip
		case HoldsExternalID:
			c.Text = string(pad([]byte("c-"), n, 6))
		default:
			if s.class == JunkRow {
				c.Text = pick(r, junk)
				continue
			}
			if main != nil && main.kind == col.Holds.kind() {
				*c = l.cell(r, main)
				main = nil
				continue
			}
			for k, a := range left {
				if a.kind == col.Holds.kind() {
					left = append(left[:k], left[k+1:]...)
					share := 600
					if a.kind == Phone {
						share = l.phones(share)
					}
					if s.class == CastRow || r.chance(share) {
						*c = l.cell(r, a)
					}
					break
				}
			}
		}
	}
	return out
}

// junk is what stands in cells where an address should. None of it is one, or
// the SHA-256 of one; some of it counts as empty.
var junk = []string{
	"", "n/a", "-", "null", "unknown", "none", "not given", "see notes",
	"@", "no@", "d41d8cd98f00b204e9800998ecf8427e", strings.Repeat("ab", 31) + "a",
}

// cell writes one address as this list writes them.
func (l *List) cell(r *rng, a *address) Cell {
	if l.Form == InClear || l.Form == Mixed && r.chance(500) {
		t := a.inClear(r, l.DefaultRegion)
		return Cell{Text: t.text, Identity: a.identity(), spellings: t.spellings}
	}
	s := a.beforeHash(r)
	h := sum(s)
	c := Cell{Identity: a.identity(), Hashed: true, spellings: []string{s}}
	switch l.Encoding {
	case UpperHex:
		c.Text = strings.ToUpper(hex.EncodeToString(h[:]))
	case Base64:
		c.Text = base64.StdEncoding.EncodeToString(h[:])
	default:
		c.Text = hex.EncodeToString(h[:])
	}
	return c
}

// cursor runs through all generated people once, in an order of its own, and
// then again.
type cursor struct{ at, step, of int }

func (l *List) cursor(slot int) cursor {
	n := l.w.cfg.People
	if n == 0 {
		return cursor{of: 1}
	}
	r := l.w.rng(forOrder, slot, l.seed)
	c := cursor{at: r.below(n), step: 1 + r.below(n), of: n}
	for gcd(c.step, n) != 1 {
		c.step++
	}
	return c
}

func (c *cursor) next() int {
	c.at = (c.at + c.step) % c.of
	return c.at
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
