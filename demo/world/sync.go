package world

import "iter"

// Verb is what a batch of rows does to an audience.
type Verb string

// The verbs.
const (
	Adds     Verb = "add"
	Removes  Verb = "remove"
	Replaces Verb = "replace"
)

// Batch is some rows of a list that an advertiser sends in one request. Every row
// may have an id of the advertiser's own.
type Batch struct {
	Verb  Verb
	Draft int // batches of one draft count together
	Rows  []Row
	IDs   []string // as many as Rows; "" for none
}

// Synced returns the contact points that are members after the batches if all of
// them are matched in the state s. A batch that adds
// reaches what a list of its rows does. One that removes takes out whatever its
// rows reach and, of each earlier row with two addresses or ids that has one in
// common with it, whatever that row reaches. The first of a draft that replaces
// begins anew, and further ones add.
func (w *World) Synced(batches []Batch, s State) iter.Seq[Key] {
	type step struct {
		asked asked
		verb  Verb
	}
	var steps []step
	var before []Batch
	replaced := map[int]bool{}
	for _, b := range batches {
		rows := b.Rows
		switch b.Verb {
		case Replaces:
			if !replaced[b.Draft] {
				steps, before = nil, nil
			}
			replaced[b.Draft] = true
		case Removes:
			rows = append(rows[:len(rows):len(rows)], tiedTo(b, before)...)
		}
		if b.Verb != Removes {
			before = append(before, b)
		}
		steps = append(steps, step{askedBy(rows), b.Verb})
	}
	return func(yield func(Key) bool) {
		for i := range w.Len() {
			p := w.Person(i)
			acts := w.done(i, &p, s)
			for k := range p.Contacts {
				c, in := &p.Contacts[k], false
				for _, st := range steps {
					if st.asked.reaches(c.addr) {
						in = st.verb != Removes
					}
				}
				if in && p.eligible(c, acts, s) && !yield(c.Key()) {
					return
				}
			}
		}
	}
}

// names are what a row is known by: its addresses and numbers, and its id.
type names struct {
	asked
	id      string
	several bool
}

func namesOf(row Row, id string) names {
	n := names{asked: askedBy([]Row{row}), id: id}
	known := map[any]bool{} // a hash does not say which mailbox it is of
	for _, c := range row.Cells {
		if c.Identity != 0 && c.Hashed {
			known[c.spellings[0]] = true
		} else if c.Identity != 0 {
			known[c.Identity] = true
		}
	}
	n.several = len(known) > 1 || len(known) == 1 && id != ""
	return n
}

func (n names) meets(o names) bool {
	if n.id != "" && n.id == o.id {
		return true
	}
	for i := range n.clear {
		if o.clear[i] {
			return true
		}
	}
	for h := range n.hashes {
		if o.hashes[h] {
			return true
		}
	}
	return false
}

// tiedTo returns the rows of earlier batches that one of a removal's rows meets.
func tiedTo(removal Batch, before []Batch) (out []Row) {
	all := names{asked: asked{clear: map[Identity]bool{}, hashes: map[[32]byte]bool{}}}
	ids := map[string]bool{}
	for i, row := range removal.Rows {
		n := namesOf(row, removal.IDs[i])
		for c := range n.clear {
			all.clear[c] = true
		}
		for h := range n.hashes {
			all.hashes[h] = true
		}
		ids[n.id] = n.id != ""
	}
	for _, b := range before {
		for i, row := range b.Rows {
			if n := namesOf(row, b.IDs[i]); n.several && (n.meets(all) || ids[n.id]) {
				out = append(out, row)
			}
		}
	}
	return out
}
