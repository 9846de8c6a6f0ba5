package drop

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/upload"
)

// Fence keeps an attempt that was given up for dead from committing anything.
type Fence func(ctx context.Context, tx selvedge.Tx) error

// Waiting says whether there is anything to take.
func (s *Service) Waiting() (waiting bool, err error) {
	err = s.each(func(f folder) error {
		for _, name := range f.names() {
			if _, ready, _ := f.look(name); ready {
				waiting = true
			}
		}
		return nil
	})
	return waiting, err
}

// look reads the manifest of a name. Not ready is one that is still being written,
// or whose file is not there yet. The error is what is wrong with the manifest.
func (f folder) look(name string) (m manifest, ready bool, err error) {
	text, err := f.read(name+manifestEnd, maxManifest)
	if err == errNotRegular {
		return m, true, selvedge.Errorf(selvedge.CodeInvalid, "is no regular file").At("manifest").Because("not_regular")
	}
	if err != nil {
		return m, false, nil // it went away, or is not for us
	}
	if m, err = parseManifest(name, text); err == errUnfinished {
		return m, false, nil
	}
	if err != nil {
		return m, true, err
	}
	_, here := f.have[m.File]
	_, begun := f.have[name+draftEnd]
	return m, here || begun, nil
}

// Take takes every file that is ready, and returns how many there were. A file that
// cannot be taken or refused now, because the server is contained or a disk fails,
// is left as it is and does not hold up the others; the errors are returned.
func (s *Service) Take(ctx context.Context, fence Fence) (n int, err error) {
	var errs []error
	err = s.each(func(f folder) error {
		for _, name := range f.names() {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			m, ready, wrong := f.look(name)
			if !ready {
				continue
			}
			r, err := s.one(ctx, f, name, m, wrong, fence)
			if err != nil {
				errs = append(errs, fmt.Errorf("take a drop of %s for %s: %w", f.org, f.audience, err))
				continue
			}
			n++
			s.Log.InfoContext(ctx, "drop", "org", f.org, "audience", f.audience, "outcome", r.Outcome, "list", r.List)
		}
		return nil
	})
	return n, errors.Join(append(errs, err)...)
}

// one takes or refuses the file of one manifest, and leaves its report.
func (s *Service) one(ctx context.Context, f folder, name string, m manifest, wrong error, fence Fence) (Report, error) {
	if r, ok := f.draft(name); ok {
		return r, f.end(name, r)
	}
	r := Report{At: s.Clock.Now(), Audience: f.audience, File: m.File}
	done, err := r, wrong
	if err == nil {
		done, err = s.file(ctx, f, name, m, r, fence)
	}
	if err != nil {
		problem, ok := refusal(err)
		if !ok {
			return r, err
		}
		done = r
		done.Outcome, done.Problem = Refused, problem
	}
	return done, f.finish(name, done)
}

// file takes a file.
func (s *Service) file(ctx context.Context, f folder, name string, m manifest, r Report, fence Fence) (Report, error) {
	in, err := f.open(m.File)
	switch {
	case err == errNotRegular:
		return r, selvedge.Errorf(selvedge.CodeInvalid, "is no regular file").At("file").Because("not_regular")
	case errors.Is(err, fs.ErrNotExist):
		return r, errors.New("the file went away") // it may come again
	case err != nil:
		return r, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return r, nameless(err)
	}
	if info.Size() > upload.MaxLength {
		return r, selvedge.Errorf(selvedge.CodeTooLarge, "the list is larger than 10 GiB").At("file").Because("list_too_large")
	}
	actor := selvedge.ByDrop(f.org)
	own := s.Marks.of("name", f.org, f.audience, []byte(name))
	before, err := s.already(ctx, f, m.sum)
	if err != nil {
		return r, err
	}
	body := &checked{r: in, sum: sha256.New(), want: m.sum}
	if before != nil {
		return s.again(ctx, actor, r, body, *before, before.Name == own)
	}
	m.delivery.Kept = func(ctx context.Context, tx selvedge.Tx, l list.List) error {
		if !body.ended {
			return errors.New("the file was not read to its end before the act")
		}
		if l.Report.Rows.Read != *m.Rows {
			return selvedge.Errorf(selvedge.CodeInvalid, "the file has another number of rows").At("rows").Because("wrong_rows")
		}
		if err := fence(ctx, tx); err != nil {
			return err
		}
		return s.Repo.Take(ctx, tx, Taken{f.audience, s.Marks.of("content", f.org, f.audience, m.sum[:]), own, l.ID, l.ExpiresAt})
	}
	v, err := s.Lists.Upload(ctx, actor, f.audience, body, m.delivery)
	if e, ok := errors.AsType[*selvedge.Error](err); ok && e.Reason == reasonBefore {
		return r, errors.New("somebody else took it meanwhile") // the next time says which list it is
	}
	if err != nil {
		return r, err
	}
	return r.about(v), nil
}

// again reports on content that became a list before: in an attempt at the same
// manifest that was cut off behind its act, or under another name.
func (s *Service) again(ctx context.Context, actor selvedge.Actor, r Report, body io.Reader, before Taken, own bool) (Report, error) {
	if _, err := io.Copy(io.Discard, body); err != nil { // it may only say so
		return r, err
	}
	if !own {
		r.Outcome, r.List = TakenBefore, before.List
		return r, nil
	}
	v, err := s.Lists.GetList(ctx, actor, before.Audience, before.List)
	if err != nil {
		return r, err
	}
	return r.about(v), nil
}

// checked reads a file, and fails at its end if it is not the one that was
// declared.
type checked struct {
	r     io.Reader
	sum   hash.Hash
	want  [sha256.Size]byte
	ended bool
}

// Read implements io.Reader.
func (c *checked) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.sum.Write(b[:n])
	if err == io.EOF {
		if [sha256.Size]byte(c.sum.Sum(nil)) != c.want {
			return n, selvedge.Errorf(selvedge.CodeInvalid, "the file is not the one that was declared").At("sha256").Because("digest_mismatch")
		}
		c.ended = true
	}
	return n, nameless(err)
}
