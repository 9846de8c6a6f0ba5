package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger/proof"
)

// Ending is the body of a LogEnded entry: a log ended, which nobody can shorten
// or mend, and another one goes on from the database's entries. Whoever kept a
// proof or a checkpoint of the old log can check it against the old log's
// folder, for ever.
type Ending struct {
	Log        string `json:"log"`        // origin of the log that ended
	Checkpoint string `json:"checkpoint"` // the last that it signed; empty if it cannot be read
	Kept       int64  `json:"kept"`       // leaves, from the first, that the database's entries still make
	Lost       int64  `json:"lost"`       // leaves after them: of acts that the database does not have
	// The minutes of the lost leaves, when they can be read: what people took
	// away in that time is to be brought again.
	LostFrom  *time.Time `json:"lost_from,omitempty"`
	LostUntil *time.Time `json:"lost_until,omitempty"`
	Next      string     `json:"next"` // origin of the log that goes on
	Reason    string     `json:"reason"`
}

// Survey compares a log, whatever became of it, with the entries of a database
// that must itself be whole, and returns what an Ending says of the log. It
// returns an ErrTampered error if the database contradicts itself: an entry
// that is missing or is not what was committed to, or a leaf that it recorded
// and that its entries no longer make. A new log would make that look right.
func Survey(ctx context.Context, tx selvedge.Tx, records Repository, space Space, log LogReader) (Ending, error) {
	if err := whole(ctx, tx, records, space); err != nil {
		return Ending{}, err
	}
	var e Ending
	signed, err := log.Checkpoint(ctx)
	if err == nil {
		e.Checkpoint = string(signed)
	}
	size, err := log.Size(ctx)
	if err != nil {
		size = 0 // its state is gone: it has nothing that anybody can show
	}
	if c, err := proof.ReadCheckpoint(signed); err == nil {
		size = max(size, c.N) // what it signed for and no longer has is lost too
	}
	after := int64(0)
	for i := range size {
		leaf, ok := surveyed(ctx, log, i)
		if ok && e.Lost == 0 {
			made, err := makes(ctx, tx, records, space, after, leaf)
			if err != nil {
				return Ending{}, err
			}
			if made {
				e.Kept, after = e.Kept+1, leaf.Last
				continue
			}
		}
		e.Lost++
		if ok {
			if e.LostFrom == nil {
				e.LostFrom = &leaf.From
			}
			e.LostUntil = &leaf.Until
		}
	}
	return e, nil
}

func surveyed(ctx context.Context, log LogReader, i int64) (proof.Leaf, bool) {
	text, err := log.Leaf(ctx, i)
	if err != nil {
		return proof.Leaf{}, false
	}
	leaf, err := proof.ParseLeaf(text)
	return leaf, err == nil
}

// makes says whether the entries after one make a leaf.
func makes(ctx context.Context, tx selvedge.Tx, records Repository, space Space, after int64, leaf proof.Leaf) (bool, error) {
	if leaf.Space != string(space) || leaf.First != after+1 {
		return false, nil
	}
	rs, err := records.Records(ctx, tx, space, after, int(leaf.Count()))
	if err != nil {
		return false, fmt.Errorf("read outbox: %w", err)
	}
	made, _, err := makeLeaf(space, after, rs)
	if err != nil && !errors.Is(err, ErrTampered) {
		return false, err
	}
	return err == nil && made == leaf, nil
}

// whole checks that a space's entries are all there and what was committed to,
// and that they make the leaves that the database recorded.
func whole(ctx context.Context, tx selvedge.Tx, records Repository, space Space) error {
	after, index := int64(0), int64(0)
	for {
		rows, err := records.Leaves(ctx, tx, space, index, leafBatch)
		if err != nil {
			return fmt.Errorf("read leaves: %w", err)
		}
		for _, row := range rows {
			rs, err := records.Records(ctx, tx, space, after, int(row.Last-row.First+1))
			if err != nil {
				return fmt.Errorf("read outbox: %w", err)
			}
			leaf, _, err := makeLeaf(space, after, rs)
			if err != nil {
				return err
			}
			if recorded(row.Index, leaf) != row {
				return fmt.Errorf("%w: %s: entries %d to %d do not make leaf %d as the database has it",
					ErrTampered, space, row.First, row.Last, row.Index)
			}
			after, index = row.Last, row.Index+1
		}
		if len(rows) == 0 {
			break
		}
	}
	head, err := records.Head(ctx, tx, space)
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	for after < head {
		rs, err := records.Records(ctx, tx, space, after, proof.MaxEntries)
		if err != nil {
			return fmt.Errorf("read outbox: %w", err)
		}
		leaf, _, err := makeLeaf(space, after, rs)
		if err != nil {
			return err
		}
		after = leaf.Last
	}
	return nil
}

// readEnding reads the body of a LogEnded entry, and false if it is not one.
func readEnding(body []byte) (Ending, bool) {
	var e Ending
	return e, json.Unmarshal(body, &e) == nil && e.Log != "" && e.Kept >= 0 && e.Lost >= 0
}
