package proof

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	fileTag  = "c2sp.org/tlog-proof@v1"
	innerTag = "selvedge-entry/1"
)

// Bundle is the proof of one act: everything from the act to the log's
// signature. Nothing in it is to be believed before Verify says so.
type Bundle struct {
	Event Event
	Salt  Salt
	Path  []tlog.Hash // from the event's commitment to the leaf's root
	Leaf  Leaf

	Index      int64       // of the leaf in the log, from 0
	LeafPath   []tlog.Hash // from the leaf to the checkpoint's root
	Checkpoint []byte      // the signed note, as the log gave it
}

// Marshal returns the bundle as a proof file. It returns a CodeInvalid error if
// the event or the leaf cannot be one, or if the index is negative.
func (b Bundle) Marshal() ([]byte, error) {
	event, err := b.Event.Marshal()
	if err != nil {
		return nil, err
	}
	leaf, err := b.Leaf.Marshal()
	if err != nil {
		return nil, err
	}
	if b.Index < 0 {
		return nil, fault("proof", "bad_index", "the leaf's index is negative")
	}
	var inner bytes.Buffer
	fmt.Fprintf(&inner, "%s\nsalt %s\n", innerTag, base64.StdEncoding.EncodeToString(b.Salt[:]))
	writePath(&inner, b.Path)
	inner.WriteByte('\n')
	inner.Write(leaf)
	inner.WriteByte('\n')
	inner.Write(event)

	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\nextra %s\nindex %d\n", fileTag, base64.StdEncoding.EncodeToString(inner.Bytes()), b.Index)
	writePath(&out, b.LeafPath)
	out.WriteByte('\n')
	out.Write(b.Checkpoint)
	return out.Bytes(), nil
}

func writePath(w *bytes.Buffer, path []tlog.Hash) {
	for _, h := range path {
		w.WriteString(h.String() + "\n")
	}
}

// Parse reads a proof file. It returns a CodeInvalid error for anything that
// Marshal does not write; what it returns is not verified.
func Parse(file []byte) (Bundle, error) {
	head, checkpoint, ok := bytes.Cut(file, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !ok || len(lines) < 3 || lines[0] != fileTag {
		return Bundle{}, fault("proof", "bad_form", "this is no proof of the form "+fileTag+" with extra data")
	}
	b := Bundle{Checkpoint: bytes.Clone(checkpoint)}
	extra, ok := strings.CutPrefix(lines[1], "extra ")
	inner, err := base64.StdEncoding.DecodeString(extra)
	if !ok || err != nil {
		return Bundle{}, fault("proof", "bad_extra", "the second line is not extra data")
	}
	if err := b.parseInner(inner); err != nil {
		return Bundle{}, err
	}
	index, ok := strings.CutPrefix(lines[2], "index ")
	if b.Index, err = strconv.ParseInt(index, 10, 64); !ok || err != nil || b.Index < 0 {
		return Bundle{}, fault("proof", "bad_index", "the third line is not the leaf's index")
	}
	if b.LeafPath, err = parsePath(lines[3:]); err != nil {
		return Bundle{}, err
	}
	again, err := b.Marshal()
	if err != nil {
		return Bundle{}, err
	}
	if !bytes.Equal(again, file) {
		return Bundle{}, fault("proof", "bad_form", "the proof is not in its one form")
	}
	return b, nil
}

// parseInner reads the extra data: what leads from the event to the leaf.
func (b *Bundle) parseInner(inner []byte) error {
	head, rest, ok := bytes.Cut(inner, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !ok || len(lines) < 2 || lines[0] != innerTag {
		return fault("proof", "bad_extra", "the extra data is not an entry's of version 1")
	}
	text, ok := strings.CutPrefix(lines[1], "salt ")
	salt, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(salt) != SaltSize {
		return fault("proof", "bad_salt", "the salt is not %d bytes", SaltSize)
	}
	b.Salt = Salt(salt)
	if b.Path, err = parsePath(lines[2:]); err != nil {
		return err
	}
	leaf, event, ok := bytes.Cut(rest, []byte("\n\n"))
	if !ok {
		return fault("proof", "bad_extra", "the extra data ends before the event")
	}
	if b.Leaf, err = ParseLeaf(append(bytes.Clone(leaf), '\n')); err != nil {
		return err
	}
	b.Event, err = ParseEvent(event)
	return err
}

func parsePath(lines []string) ([]tlog.Hash, error) {
	var path []tlog.Hash
	for _, l := range lines {
		h, err := tlog.ParseHash(l)
		if err != nil {
			return nil, fault("proof", "bad_path", "a line of a path is not a hash")
		}
		path = append(path, h)
	}
	return path, nil
}
