package drop

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/selvedge/selvedge"
)

var goodID = regexp.MustCompile(`^[a-z]{3}_[a-z0-9]{1,60}$`)

// folder is that of one audience. Its root is opened through that of the org's
// folder, so that no link leads to another org's.
type folder struct {
	root     *os.Root
	org      selvedge.OrgID
	audience selvedge.AudienceID
	have     map[string]fs.DirEntry
}

// each calls fn with every audience's folder. What is no folder, or is called
// otherwise than an id, is passed over.
func (s *Service) each(fn func(folder) error) error {
	top, err := os.OpenRoot(s.Dir)
	if err != nil {
		return fmt.Errorf("open the folder of drops: %w", nameless(err))
	}
	defer top.Close()
	return within(top, func(org string, root *os.Root) error {
		return within(root, func(id string, root *os.Root) error {
			entries, err := fs.ReadDir(root.FS(), ".")
			if err != nil {
				return fmt.Errorf("list a folder of drops: %w", nameless(err))
			}
			f := folder{root, selvedge.OrgID(org), selvedge.AudienceID(id), map[string]fs.DirEntry{}}
			for _, e := range entries {
				f.have[e.Name()] = e
			}
			return fn(f)
		})
	})
}

// within calls fn with the folders in one.
func within(root *os.Root, fn func(name string, root *os.Root) error) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return fmt.Errorf("list the folder of drops: %w", nameless(err))
	}
	var errs []error
	for _, e := range entries {
		if !e.IsDir() || !goodID.MatchString(e.Name()) {
			continue
		}
		below, err := root.OpenRoot(e.Name())
		if err != nil {
			errs = append(errs, fmt.Errorf("open a folder of drops: %w", nameless(err)))
			continue
		}
		errs = append(errs, fn(e.Name(), below), below.Close())
	}
	return errors.Join(errs...)
}

// names returns the names that have a manifest and no report, in order.
func (f folder) names() (names []string) {
	for file := range f.have {
		name, ok := strings.CutSuffix(file, manifestEnd)
		if _, over := f.have[name+reportEnd]; ok && !over && goodName.MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// open opens a regular file of the folder, and nothing else: a link is not
// followed, and a pipe not waited for. It returns errNotRegular for what is none.
func (f folder) open(name string) (*os.File, error) {
	before, err := f.root.Lstat(name)
	if err != nil {
		return nil, nameless(err)
	}
	if !before.Mode().IsRegular() {
		return nil, errNotRegular
	}
	file, err := f.root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nameless(err)
	}
	if after, err := file.Stat(); err != nil || !os.SameFile(before, after) {
		return nil, errors.Join(errNotRegular, file.Close()) // something else took its place
	}
	return file, nil
}

var errNotRegular = errors.New("it is no regular file")

// read reads a small file, of which more than limit bytes are cut off behind one
// more.
func (f folder) read(name string, limit int64) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, limit+1))
	return b, nameless(err)
}

// write writes a file durably, in place of whatever has the name.
func (f folder) write(name string, content []byte) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nameless(err)
	}
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nameless(err)
	}
	_, err = file.Write(content)
	return nameless(errors.Join(err, file.Sync(), file.Close()))
}

// sync makes the names in the folder durable.
func (f folder) sync() error {
	d, err := f.root.Open(".")
	if err != nil {
		return nameless(err)
	}
	return nameless(errors.Join(d.Sync(), d.Close()))
}

// nameless takes the names of files out of an error: they are a sender's words.
func nameless(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
