package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
)

// Run runs the contract. open returns an empty Store; each case opens its own.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for name, test := range map[string]func(t *testing.T, s blob.Store){
		"NamedByContent":         namedByContent,
		"SameContentTwice":       sameContentTwice,
		"KindsAreApart":          kindsAreApart,
		"NoSuchBlob":             noSuchBlob,
		"WrongSize":              wrongSize,
		"UnknownKind":            unknownKind,
		"Abort":                  abort,
		"CommitThenAbort":        commitThenAbort,
		"WriterEnds":             writerEnds,
		"Delete":                 deleted,
		"Stat":                   stat,
		"Each":                   each,
		"EachStops":              eachStops,
		"Lock":                   lock,
		"LockIsNotWaitedFor":     lockIsNotWaitedFor,
		"OpenContentStays":       openContentStays,
		"Close":                  closed,
		"Cancelled":              cancelled,
		"ConcurrentUse":          concurrentUse,
		"ConcurrentReading":      concurrentReading,
		"RefLogsNoName":          refLogsNoName,
		"WritersDoNotShareState": writersDoNotShareState,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

var kinds = []blob.Kind{blob.KindChunk, blob.KindSegment, blob.KindSpill, blob.KindBitmap}

// Put commits content, in two writes.
func Put(t *testing.T, s blob.Store, kind blob.Kind, content []byte) blob.Ref {
	t.Helper()
	w, err := s.Create(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, part := range [][]byte{content[:len(content)/2], content[len(content)/2:]} {
		if n, err := w.Write(part); n != len(part) || err != nil {
			t.Fatalf("wrote %d of %d bytes: %v", n, len(part), err)
		}
	}
	ref, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// Want fails the test unless the store holds the content under ref.
func Want(t *testing.T, s blob.Store, ref blob.Ref, content []byte) {
	t.Helper()
	c, err := s.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !bytes.Equal(c.Bytes(), content) {
		t.Error("the content differs")
	}
}

// WantGone fails the test unless the store has no blob under ref.
func WantGone(t *testing.T, s blob.Store, ref blob.Ref) {
	t.Helper()
	if c, err := s.Open(t.Context(), ref); selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("error %v, want not_found", err)
		if err == nil {
			c.Close()
		}
	}
}

// RefOf returns the name of a blob of that content.
func RefOf(kind blob.Kind, content []byte) blob.Ref {
	return blob.Ref{Kind: kind, Sum: sha256.Sum256(content), Size: int64(len(content))}
}

func namedByContent(t *testing.T, s blob.Store) {
	for _, kind := range kinds {
		for _, content := range [][]byte{{}, {0}, []byte("content"), bytes.Repeat([]byte("0123456789abcdef"), 1<<16)} {
			ref := Put(t, s, kind, content)
			if ref != RefOf(kind, content) {
				t.Errorf("%s of %d bytes: the name is not the SHA-256 of the content", kind, len(content))
			}
			Want(t, s, ref, content)
		}
	}
}

func sameContentTwice(t *testing.T, s blob.Store) {
	first := Put(t, s, blob.KindBitmap, []byte("same"))
	if again := Put(t, s, blob.KindBitmap, []byte("same")); again != first {
		t.Error("the same content has two names")
	}
	Want(t, s, first, []byte("same"))
}

func kindsAreApart(t *testing.T, s blob.Store) {
	ref := Put(t, s, blob.KindChunk, []byte("content"))
	other := ref
	other.Kind = blob.KindSpill
	WantGone(t, s, other)
	if err := s.Delete(t.Context(), other); err != nil {
		t.Error(err)
	}
	Want(t, s, ref, []byte("content"))
}

func noSuchBlob(t *testing.T, s blob.Store) {
	WantGone(t, s, RefOf(blob.KindChunk, []byte("never written")))
	WantGone(t, s, blob.Ref{Kind: blob.KindChunk})
	if err := s.Delete(t.Context(), RefOf(blob.KindChunk, []byte("never written"))); err != nil {
		t.Errorf("delete: %v", err)
	}
}

func wrongSize(t *testing.T, s blob.Store) {
	for _, content := range []string{"content", ""} {
		right := Put(t, s, blob.KindSegment, []byte(content))
		for _, d := range []int64{-1, 1, 1 << 40} {
			ref := right
			ref.Size += d
			WantFault(t, s, ref)
		}
	}
}

// WantFault fails the test unless Open gives an error that names the blob's
// kind, not its name, and is not taken for a blob that does not exist.
func WantFault(t *testing.T, s blob.Store, ref blob.Ref) {
	t.Helper()
	c, err := s.Open(t.Context(), ref)
	switch {
	case err == nil:
		c.Close()
		t.Error("no error")
	case selvedge.CodeOf(err) == selvedge.CodeNotFound:
		t.Error("a fault looks like a blob that is not there")
	case !strings.Contains(err.Error(), string(ref.Kind)):
		t.Errorf("error %v does not name the kind", err)
	case strings.Contains(err.Error(), hex.EncodeToString(ref.Sum[:2])):
		t.Error("the error holds the blob's name")
	}
}

func unknownKind(t *testing.T, s blob.Store) {
	for _, kind := range []blob.Kind{"", "chunks", "Chunk", "chunk/", "../chunk", "tmp", "."} {
		ref := RefOf(kind, []byte("content"))
		_, createErr := s.Create(t.Context(), kind)
		_, openErr := s.Open(t.Context(), ref)
		for call, err := range map[string]error{
			"Create": createErr, "Open": openErr, "Stat": s.Stat(t.Context(), ref), "Delete": s.Delete(t.Context(), ref),
		} {
			if selvedge.CodeOf(err) != selvedge.CodeInvalid {
				t.Errorf("%s of kind %q: error %v, want invalid", call, kind, err)
			}
		}
	}
}

func abort(t *testing.T, s blob.Store) {
	w, err := s.Create(t.Context(), blob.KindSpill)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("dropped")); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	w.Abort()
	WantGone(t, s, RefOf(blob.KindSpill, []byte("dropped")))
	if _, err := w.Write([]byte("more")); err == nil {
		t.Error("Write after Abort gave no error")
	}
	if _, err := w.Commit(); err == nil {
		t.Error("Commit after Abort gave no error")
	}
	WantGone(t, s, RefOf(blob.KindSpill, []byte("dropped")))
}

func commitThenAbort(t *testing.T, s blob.Store) {
	w, err := s.Create(t.Context(), blob.KindSpill)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("kept")); err != nil {
		t.Fatal(err)
	}
	ref, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()
	Want(t, s, ref, []byte("kept"))
}

func writerEnds(t *testing.T, s blob.Store) {
	w, err := s.Create(t.Context(), blob.KindSpill)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("more")); err == nil {
		t.Error("Write after Commit gave no error")
	}
	if _, err := w.Commit(); err == nil {
		t.Error("a second Commit gave no error")
	}
	Want(t, s, ref, nil)
}

func deleted(t *testing.T, s blob.Store) {
	gone := Put(t, s, blob.KindBitmap, []byte("gone"))
	kept := Put(t, s, blob.KindBitmap, []byte("kept"))
	for range 2 {
		if err := s.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		WantGone(t, s, gone)
	}
	Want(t, s, kept, []byte("kept"))
	Put(t, s, blob.KindBitmap, []byte("gone"))
	Want(t, s, gone, []byte("gone"))
}

func openContentStays(t *testing.T, s blob.Store) {
	content := bytes.Repeat([]byte("content "), 10_000)
	ref := Put(t, s, blob.KindSegment, content)
	c, err := s.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	Put(t, s, blob.KindSegment, content)
	if !bytes.Equal(c.Bytes(), content) {
		t.Error("the content changed when it was written again")
	}
	if err := s.Delete(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.Bytes(), content) {
		t.Error("the content changed when the blob was deleted")
	}
}

func closed(t *testing.T, s blob.Store) {
	for _, content := range []string{"content", ""} {
		ref := Put(t, s, blob.KindSegment, []byte(content))
		c, err := s.Open(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		Want(t, s, ref, []byte(content))
	}
}

func cancelled(t *testing.T, s blob.Store) {
	ref := Put(t, s, blob.KindChunk, []byte("content"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, createErr := s.Create(ctx, blob.KindChunk)
	_, openErr := s.Open(ctx, ref)
	_, eachErr := s.Each(ctx, func(blob.Ref) error { return nil })
	_, lockErr := s.Lock(ctx)
	for call, err := range map[string]error{
		"Create": createErr, "Open": openErr, "Stat": s.Stat(ctx, ref), "Delete": s.Delete(ctx, ref), "Each": eachErr, "Lock": lockErr,
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v", call, err)
		}
	}
	Want(t, s, ref, []byte("content"))
}

// Half of the goroutines write one content, so that they meet under one name.
func concurrentUse(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			content := []byte("same")
			if i%2 == 0 {
				content = fmt.Appendf(nil, "content %d", i)
			}
			for range 5 {
				w, err := s.Create(t.Context(), blob.KindBitmap)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = w.Write(content)
				ref, commitErr := w.Commit()
				if err := errors.Join(err, commitErr); err != nil {
					t.Error(err)
					return
				}
				c, err := s.Open(t.Context(), ref)
				if err != nil {
					t.Error(err)
					return
				}
				if !bytes.Equal(c.Bytes(), content) {
					t.Error("the content differs")
				}
				c.Close()
			}
		})
	}
	wg.Wait()
}

func concurrentReading(t *testing.T, s blob.Store) {
	content := bytes.Repeat([]byte("0123456789"), 1000)
	c, err := s.Open(t.Context(), Put(t, s, blob.KindChunk, content))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if !bytes.Equal(c.Bytes(), content) {
				t.Error("the content differs")
			}
		})
	}
	wg.Wait()
}

func refLogsNoName(t *testing.T, s blob.Store) {
	ref := Put(t, s, blob.KindBitmap, []byte("content"))
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("blob", "ref", ref)
	if !strings.Contains(log.String(), `"ref":{"kind":"bitmap","bytes":7}`) {
		t.Errorf("logged: %s", log.String())
	}
}

func writersDoNotShareState(t *testing.T, s blob.Store) {
	var writers []blob.Writer
	for i := range 2 {
		w, err := s.Create(t.Context(), blob.KindSpill)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		if _, err := fmt.Fprintf(w, "writer %d", i); err != nil {
			t.Fatal(err)
		}
		writers = append(writers, w)
	}
	writers[0].Abort()
	ref, err := writers[1].Commit()
	if err != nil {
		t.Fatal(err)
	}
	Want(t, s, ref, []byte("writer 1"))
}
