package proof

import "golang.org/x/mod/sumdb/tlog"

// Verify checks a proof against trusted keys, in the form of note.NewVerifier.
// If it returns nil, the event is, as it stands in the bundle, in the log that
// one of the keys signs for, under the checkpoint in the bundle.
//
// The error says which step failed first, as a *selvedge.Error with CodeInvalid
// and one of these:
//
//	Field       Reason         the step
//	event       bad_…          the event cannot be one
//	event       other_space    the leaf is of the other space
//	event       not_in_range   the leaf's range does not reach it
//	event       other_minute   it is at an end of the leaf, and not of that minute
//	event       not_in_leaf    the path from its commitment misses the leaf's root
//	leaf        bad_…          the leaf cannot be one
//	key         bad_key        a trusted key is not one
//	checkpoint  …              those of OpenCheckpoint
//	leaf        not_in_log     the path from the leaf misses the checkpoint's root
func Verify(b Bundle, keys ...string) error {
	commitment, err := Commit(b.Salt, b.Event)
	if err != nil {
		return err
	}
	leaf, err := b.Leaf.Marshal()
	if err != nil {
		return err
	}
	if err := inLeaf(b, commitment); err != nil {
		return err
	}
	c, err := OpenCheckpoint(b.Checkpoint, keys...)
	if err != nil {
		return err
	}
	if tlog.CheckRecord(b.LeafPath, c.N, c.Hash, b.Index, tlog.RecordHash(leaf)) != nil {
		return fault("leaf", "not_in_log", "the path from the leaf does not lead to the checkpoint's root")
	}
	return nil
}

// inLeaf checks that the leaf stands for the event.
func inLeaf(b Bundle, commitment Commitment) error {
	e, l := b.Event, b.Leaf
	switch {
	case e.Space != l.Space:
		return fault("event", "other_space", "the leaf is not of the event's space")
	case e.Seq < l.First || e.Seq > l.Last:
		return fault("event", "not_in_range", "the leaf's range does not reach the event")
	case e.Seq == l.First && !Minute(e.At).Equal(l.From), e.Seq == l.Last && !Minute(e.At).Equal(l.Until):
		return fault("event", "other_minute", "the leaf says another minute than the event")
	case tlog.CheckRecord(b.Path, l.Count(), l.Root, e.Seq-l.First, tlog.RecordHash(commitment[:])) != nil:
		return fault("event", "not_in_leaf", "the path from the event's commitment does not lead to the leaf's root")
	}
	return nil
}
