package blob

import (
	"errors"
	"fmt"
	"hash"
	"path/filepath"

	"github.com/selvedge/selvedge/internal/killpoint"
)

// errDone says that a Writer was used after its end.
var errDone = errors.New("the blob was committed or dropped already")

// dirWriter writes one blob to a temporary file.
type dirWriter struct {
	dir  *Dir
	kind Kind
	file file
	sum  hash.Hash
	size int64
	err  error // once set, every use returns it: a lost write must not be committed
}

// Write implements io.Writer.
func (w *dirWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.file.Write(p)
	w.sum.Write(p[:n])
	w.size += int64(n)
	if err != nil {
		w.err = fmt.Errorf("write %s: %w", w.kind, nameless(err))
	}
	return n, w.err
}

// Commit implements Writer.
func (w *dirWriter) Commit() (Ref, error) {
	if w.err != nil {
		return Ref{}, w.err
	}
	ref := Ref{Kind: w.kind, Sum: [32]byte(w.sum.Sum(nil)), Size: w.size}
	err := w.publish(ref)
	w.end()
	if err != nil {
		return Ref{}, fmt.Errorf("commit %s: %w", w.kind, nameless(err))
	}
	return ref, nil
}

// publish makes the file durable under its name. The content goes first, then
// the name, then the folder that holds the name: whatever a power cut leaves,
// a name stands for its whole content. A file that has the name already is
// replaced and not trusted, since it may be the damaged one that somebody is
// about to repair by writing it again; whoever has it open keeps it.
func (w *dirWriter) publish(ref Ref) error {
	if err := w.file.Sync(); err != nil {
		return err
	}
	name := w.dir.name(ref)
	folder := filepath.Dir(name)
	if err := w.dir.makeFolder(folder); err != nil {
		return err
	}
	// The file is closed after this: closed, it would have lost its lock, and
	// somebody's sweep could take it.
	killpoint.Reach("before a blob is put")
	if err := w.dir.disk.rename(w.file.Name(), name); err != nil {
		return err
	}
	if err := w.dir.disk.syncFolder(folder); err != nil {
		return err
	}
	killpoint.Reach("after a blob is put")
	return nil
}

// Abort implements Writer.
func (w *dirWriter) Abort() { w.end() }

// end drops the temporary file, if it is still one. What cannot be removed now
// is removed by a later OpenDir.
func (w *dirWriter) end() {
	if errors.Is(w.err, errDone) {
		return
	}
	w.err = errDone
	_ = w.file.Close()
	_ = w.dir.disk.remove(w.file.Name()) // gone already after Commit
}
