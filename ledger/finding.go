package ledger

import (
	"fmt"
	"strings"
)

// Fault is what a Verifier finds wrong. The words are stable.
type Fault string

// The faults.
const (
	LogShort         Fault = "log_short"         // leaves that the database knows are gone from the log
	LogAhead         Fault = "log_ahead"         // a leaf of entries that the database does not have
	LeafUnreadable   Fault = "leaf_unreadable"   // it cannot be read
	LeafMalformed    Fault = "leaf_malformed"    // it is not in the form of a leaf
	LeafMisplaced    Fault = "leaf_misplaced"    // it belongs to another space
	LeafGap          Fault = "leaf_gap"          // the entries are in no leaf
	LeafOverlap      Fault = "leaf_overlap"      // the entries are in an earlier leaf too
	LeafUnknown      Fault = "leaf_unknown"      // the database does not know it, and should
	LeafDiffers      Fault = "leaf_differs"      // the database knows it with other entries or another root
	LeafRoot         Fault = "leaf_root"         // its entries make another root
	LeafMinutes      Fault = "leaf_minutes"      // its entries have other times
	LeafUnprovable   Fault = "leaf_unprovable"   // the stored hashes do not lead from it to the checkpoint
	EntryMissing     Fault = "entry_missing"     // the database does not have it
	EntryChanged     Fault = "entry_changed"     // it is not what was committed to
	EntryStripped    Fault = "entry_stripped"    // its salt is gone, and no erasure names it
	EntryHalfErased  Fault = "entry_half_erased" // its salt is gone and its body is there
	EntryNotErased   Fault = "entry_not_erased"  // an erasure names it, and its salt is there
	ErasureMalformed Fault = "erasure_malformed" // an erasure's body cannot be read
	ErasureUnknown   Fault = "erasure_unknown"   // an erasure names an entry that never was
	LogUnexplained   Fault = "log_unexplained"   // a log ended, and no entry says so
	CheckpointBad    Fault = "checkpoint_bad"    // it cannot be read, or no trusted key signed it
	CheckpointAhead  Fault = "checkpoint_ahead"  // it was signed for more leaves than the log has
	CheckpointRoot   Fault = "checkpoint_root"   // the log's leaves make another root than the signed one
	VersionUnentered Fault = "version_unentered" // a version of an audience that no entry seals
	VersionMissing   Fault = "version_missing"   // an entry seals it, and the database does not have it
	VersionDiffers   Fault = "version_differs"   // it is not what the entry sealed
	VersionMembers   Fault = "version_members"   // its members are not what the digest says
)

// sentence says a fault to a person.
func (f Fault) sentence() string {
	switch f {
	case LogShort:
		return "gone from the log, though the database knows that they were in it"
	case LogAhead:
		return "in the log, and the database does not have the entries: an older database was restored"
	case LeafUnreadable:
		return "cannot be read from the log"
	case LeafMalformed:
		return "not in the form of a leaf"
	case LeafMisplaced:
		return "a leaf of another space"
	case LeafGap:
		return "in no leaf"
	case LeafOverlap:
		return "in an earlier leaf too"
	case LeafUnknown:
		return "in the log, and the database does not know the leaf"
	case LeafDiffers:
		return "the database knows this leaf with other entries or another root"
	case LeafRoot:
		return "these entries make another root than the leaf has: at least one was replaced, commitment and all"
	case LeafMinutes:
		return "the first or the last of these entries has another time than the leaf says"
	case LeafUnprovable:
		return "the hashes that the log keeps do not lead from this leaf to the signed root"
	case EntryMissing:
		return "not in the database"
	case EntryChanged:
		return "not what was committed to"
	case EntryStripped:
		return "without its salt, and no erasure names it"
	case EntryHalfErased:
		return "erased, and the body was left behind"
	case EntryNotErased:
		return "an erasure names it, and its salt is still there"
	case ErasureMalformed:
		return "an erasure whose list cannot be read"
	case ErasureUnknown:
		return "an erasure names it, and there never was such an entry"
	case LogUnexplained:
		return "this log ended, and no entry says why"
	case CheckpointBad:
		return "the checkpoint does not hold"
	case CheckpointAhead:
		return "the checkpoint was signed for more leaves than the log has"
	case CheckpointRoot:
		return "the checkpoint was signed for other leaves than the log has"
	case VersionUnentered:
		return "a version that no entry seals"
	case VersionMissing:
		return "it seals a version that the database does not have"
	case VersionDiffers:
		return "the version in the database is not the one that it seals"
	case VersionMembers:
		return "the members of the version that it seals cannot be read, or are not what the digest says"
	default:
		return string(f)
	}
}

// Finding is one thing that is wrong, and where. It holds nothing from an
// entry's body.
type Finding struct {
	Space       Space
	Log         string // origin of the log, if it is one that ended
	Fault       Fault
	Leaf        int64  // the leaf's index in the log; -1 if it is about none
	First, Last int64  // the entries, both within; 0 if it is about none
	Detail      string // more for a person; may be empty
}

// String says the finding in one line.
func (f Finding) String() string {
	var where []string
	if f.Leaf >= 0 {
		where = append(where, fmt.Sprintf("leaf %d", f.Leaf))
	}
	switch {
	case f.First != f.Last:
		where = append(where, fmt.Sprintf("entries %d to %d", f.First, f.Last))
	case f.First > 0:
		where = append(where, fmt.Sprintf("entry %d", f.First))
	}
	s := string(f.Space) + ": "
	if f.Log != "" {
		s = string(f.Space) + " (" + f.Log + "): "
	}
	if len(where) > 0 {
		s += strings.Join(where, ", ") + ": "
	}
	s += f.Fault.sentence()
	if f.Detail != "" {
		s += " (" + f.Detail + ")"
	}
	return s
}
