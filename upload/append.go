package upload

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/internal/secret"
)

// Append adds the bytes of r after the first offset ones. All that arrived is
// durable when it returns, also if r fails half way; the Upload that it returns,
// with or without an error, says how much that is. If the process dies, all is
// durable but the last Part.
//
// It returns a CodeConflict error for another offset than the upload's
// ("wrong_offset") and for one of MaxParts parts ("too_many_parts"), a
// CodeTooLarge error, Reason "beyond_length", for more bytes than were announced,
// of which those that fit are kept, and a CodeInvalid error, Reason "ended_early",
// if r failed.
func (s *Service) Append(ctx context.Context, actor selvedge.Actor, id ID, offset int64, r io.Reader) (Upload, error) {
	u, err := s.Look(ctx, actor, id)
	if err != nil {
		return Upload{}, err
	}
	if u.Offset != offset {
		return u, WrongOffset()
	}
	key, err := s.open(u)
	if err != nil {
		return u, err
	}
	in := &source{r: r}
	for !u.Complete() && !in.over() {
		if u.Parts >= MaxParts {
			return u, selvedge.Errorf(selvedge.CodeConflict, "the upload came in too many parts: begin another one, and send more at a time").Because("too_many_parts")
		}
		p, err := s.put(ctx, u, key, in)
		if err != nil {
			return u, err
		}
		if p.Length == 0 {
			break
		}
		err = s.Names.Name(ctx, func() error {
			return s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
				if err := s.Orgs.MayAct(ctx, tx, actor, selvedge.WriteAudiences); err != nil {
					return err
				}
				return s.Repo.AddPart(ctx, tx, u.ID, u.Offset, p)
			})
		}, p.Blob)
		if err != nil {
			return u, err
		}
		u.Offset, u.Parts = u.Offset+p.Length, u.Parts+1
	}
	return u, in.rest()
}

// put seals the next part into a blob. A part of no bytes makes none.
func (s *Service) put(ctx context.Context, u Upload, key secret.Key, in *source) (Part, error) {
	most := s.Part
	if most == 0 {
		most = DefaultPart
	}
	w, err := s.Blobs.Create(ctx, blob.KindUpload)
	if err != nil {
		return Part{}, fmt.Errorf("create part: %w", err)
	}
	defer w.Abort()
	p := Part{Number: u.Parts + 1}
	s.Entropy.Fill("upload/part", p.Salt[:])
	buf := bufio.NewWriterSize(w, 64<<10)
	sealed := p.key(key).Seal(buf, p.bound(u.ID))
	if p.Length, err = io.Copy(sealed, io.LimitReader(in, min(most, u.Length-u.Offset))); err != nil {
		return Part{}, fmt.Errorf("write part: %w", err)
	}
	if p.Length == 0 {
		return Part{}, nil
	}
	if err := errors.Join(sealed.Close(), buf.Flush()); err != nil {
		return Part{}, fmt.Errorf("write part: %w", err)
	}
	if p.Blob, err = w.Commit(); err != nil {
		return Part{}, fmt.Errorf("commit part: %w", err)
	}
	return p, nil
}

// open returns the key of an upload.
func (s *Service) open(u Upload) (secret.Key, error) {
	key, err := s.KEK.Open(u.Key, Bound(u.ID))
	if err != nil {
		return secret.Key{}, fmt.Errorf("open the key of an upload: %w", errors.New("it is sealed under another key-encryption key, or was changed"))
	}
	return key, nil
}

// key returns the part's key, of that of its upload.
func (p Part) key(of secret.Key) secret.Key { return of.Derive([]byte("upload/part"), p.Salt[:]) }

// bound is what the part is bound to: it does not open in another one's place.
func (p Part) bound(id ID) []byte {
	return binary.BigEndian.AppendUint64(append(Bound(id), '/'), uint64(p.Number))
}

// source is a body: how it ended is told at its end, and not to whoever copies it.
type source struct {
	r     io.Reader
	ended error // io.EOF, or why it failed
}

// Read implements io.Reader.
func (s *source) Read(b []byte) (int, error) {
	if s.ended != nil {
		return 0, io.EOF
	}
	n, err := s.r.Read(b)
	if err != nil {
		s.ended = err
		return n, io.EOF
	}
	return n, nil
}

func (s *source) over() bool { return s.ended != nil }

// rest returns what was wrong with the body, once no more of it is wanted.
func (s *source) rest() error {
	var one [1]byte
	n, _ := io.ReadFull(s, one[:]) // ended says why
	switch {
	case n > 0:
		return selvedge.Errorf(selvedge.CodeTooLarge, "more arrived than was announced").Because("beyond_length")
	case s.ended == io.EOF:
		return nil
	}
	if e, ok := errors.AsType[*selvedge.Error](s.ended); ok {
		return e
	}
	return selvedge.Errorf(selvedge.CodeInvalid, "the body did not arrive to its end: what arrived is kept").Because("ended_early")
}
