package ledger

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger/proof"
)

// Record is an entry in the outbox, where it stays after it is in the log: it
// is what a leaf can be checked against.
type Record struct {
	Space Space
	Seq   int64 // its place in the space, from 1 without a gap, in commit order
	At    time.Time
	Kind  Kind
	Role  string // selvedge.Role's word
	Actor string
	Body  []byte // JSON; nil once erased
	Salt  []byte // proof.SaltSize bytes; nil once erased
	// Commitment is written with the entry and stays when salt and body go, or
	// no leaf with an erased entry in it could be checked, and no entry beside
	// it proved. Without the salt it is random bytes.
	Commitment proof.Commitment
}

// NewRecord makes the record of an entry, with a salt from the entropy stream
// of the entry's space. It returns an error if the entry cannot be one (see
// proof.Event.Marshal) or if its body cannot be written as JSON: faults in the
// program, to be met before the transaction commits and not by the Sequencer.
func NewRecord(e Entry, seq int64, at time.Time, entropy selvedge.Entropy) (Record, error) {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return Record{}, fmt.Errorf("write %s entry: %w", e.Kind, err)
	}
	r := Record{
		Space: e.Space, Seq: seq, At: at, Kind: e.Kind,
		Role: e.Actor.Role().String(), Actor: e.Actor.Name(), Body: body,
	}
	return r, r.Seal(entropy)
}

// Seal gives a record a salt, from the entropy stream of its space, and the
// commitment that it makes with it. It returns an error if the record cannot be
// an entry's.
func (r *Record) Seal(entropy selvedge.Entropy) error {
	var salt proof.Salt
	entropy.Fill("ledger/"+string(r.Space), salt[:])
	c, err := proof.Commit(salt, r.event())
	if err != nil {
		return fmt.Errorf("write %s entry: %w", r.Kind, err)
	}
	r.Salt, r.Commitment = salt[:], c
	return nil
}

// Erased returns the record as an erasure leaves it: without salt and body.
// What it says of the act goes with them; the commitment stays.
func (r Record) Erased() Record {
	r.Salt, r.Body = nil, nil
	return r
}

// IsErased says whether the salt is gone.
func (r Record) IsErased() bool { return r.Salt == nil }

func (r Record) event() proof.Event {
	return proof.Event{
		Space: string(r.Space), Seq: r.Seq, At: r.At,
		Kind: string(r.Kind), Role: r.Role, Actor: r.Actor, Body: r.Body,
	}
}

// Holds says whether the record is what was committed to. An erased record can
// no longer tell, and holds.
func (r Record) Holds() bool {
	if r.IsErased() {
		return true
	}
	if len(r.Salt) != proof.SaltSize {
		return false
	}
	c, err := proof.Commit(proof.Salt(r.Salt), r.event())
	return err == nil && c == r.Commitment
}

// Erasure is the body of an AccountErased entry. It names the entries whose
// salts and bodies were destroyed in the transaction that wrote it: any other
// entry without its salt was tampered with.
type Erasure struct {
	Entries []Ref `json:"entries"`
}

// Ref names an entry.
type Ref struct {
	Space Space `json:"space"`
	Seq   int64 `json:"seq"`
}
