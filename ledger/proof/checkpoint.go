package proof

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// maxSize is the largest tree that is believed: beyond it, tlog's search for a
// power of two below the size would not end.
const maxSize = 1 << 62

// Checkpoint is a log's name, size and root (c2sp.org/tlog-checkpoint).
type Checkpoint struct {
	Origin string
	tlog.Tree
}

// OpenCheckpoint checks the signature under a checkpoint and reads it. Keys are
// in the form of note.NewVerifier, and are the trusted ones: a checkpoint
// counts if one of them signed it whose name is the checkpoint's origin. Other
// signatures, such as witnesses', are passed over. It returns a CodeInvalid
// error with the reason bad_key, bad_form, not_signed (no trusted key did),
// bad_signature (one is said to have, and did not), other_origin, bad_size or
// bad_root.
func OpenCheckpoint(signed []byte, keys ...string) (Checkpoint, error) {
	trusted := make([]note.Verifier, 0, len(keys))
	for i, k := range keys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return Checkpoint{}, fault("key", "bad_key", "trusted key %d is not one", i+1)
		}
		trusted = append(trusted, v)
	}
	n, err := note.Open(signed, note.VerifierList(trusted...))
	if err != nil {
		if _, ok := errors.AsType[*note.UnverifiedNoteError](err); ok {
			return Checkpoint{}, fault("checkpoint", "not_signed", "no trusted key signed it")
		}
		if _, ok := errors.AsType[*note.InvalidSignatureError](err); ok {
			return Checkpoint{}, fault("checkpoint", "bad_signature", "a trusted key's signature does not fit it")
		}
		return Checkpoint{}, fault("checkpoint", "bad_form", "it is no signed note, or a trusted key is there twice")
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	for _, s := range n.Sigs {
		if s.Name == c.Origin {
			return c, nil
		}
	}
	return Checkpoint{}, fault("checkpoint", "other_origin", "it is signed with the key of another log")
}

// ReadCheckpoint reads what a checkpoint says and asks nobody whether it is
// true: it is for a log's keeper, who reads what it wrote itself. Errors are
// those of OpenCheckpoint.
func ReadCheckpoint(signed []byte) (Checkpoint, error) {
	i := bytes.LastIndex(signed, []byte("\n\n"))
	if i < 0 {
		return Checkpoint{}, fault("checkpoint", "bad_form", "it is no signed note")
	}
	return parseCheckpoint(string(signed[:i+1]))
}

// parseCheckpoint reads the text of a checkpoint. Lines after the third are
// extensions, which the specification lets be there.
func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" {
		return Checkpoint{}, fault("checkpoint", "bad_form", "a checkpoint has three lines or more")
	}
	for _, l := range lines[:len(lines)-1] {
		if l == "" {
			return Checkpoint{}, fault("checkpoint", "bad_form", "a line is empty")
		}
	}
	c := Checkpoint{Origin: lines[0]}
	var err error
	if c.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.N < 0 || c.N > maxSize || fmt.Sprint(c.N) != lines[1] {
		return Checkpoint{}, fault("checkpoint", "bad_size", "the tree size is not a decimal number of at most 2^62")
	}
	if c.Hash, err = tlog.ParseHash(lines[2]); err != nil || c.Hash.String() != lines[2] {
		return Checkpoint{}, fault("checkpoint", "bad_root", "the root is not a hash")
	}
	return c, nil
}
