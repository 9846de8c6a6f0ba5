package blob

import "path/filepath"

// Step is one step that a Dir takes on its disk. In is the folder, below the
// Dir's own, and leaves out the names that depend on the run.
type Step struct{ Op, In, Path, To string }

// Disk stands before the system's disk.
type Disk struct {
	// Take takes a step: it calls do, or does not, and says what came of it.
	Take func(s Step, do func() error) error
	// Room says how many of n bytes are written, and the error if not all are.
	Room func(n int) (int, error)
}

// OpenDirOn opens a folder on such a disk.
func OpenDirOn(path string, d Disk) (*Dir, error) { return openDir(path, hooked{path, d}) }

type hooked struct {
	root string
	Disk
}

func (h hooked) step(op, path string, do func() error) error {
	return h.stepTo(op, filepath.Dir(path), path, "", do)
}

func (h hooked) stepTo(op, folder, path, to string, do func() error) error {
	in, err := filepath.Rel(h.root, folder)
	if err != nil {
		panic(err)
	}
	return h.Take(Step{op, in, path, to}, do)
}

func (h hooked) mkdir(path string) error {
	return h.stepTo("mkdir", path, path, "", func() error { return system{}.mkdir(path) })
}

func (h hooked) create(folder, pattern string) (f file, err error) {
	err = h.stepTo("create", folder, folder, "", func() error {
		f, err = system{}.create(folder, pattern)
		return err
	})
	if err == nil {
		return hookedFile{f, h}, nil
	}
	if f != nil {
		_ = f.Close() // it was made all the same, and nobody knows
	}
	return nil, err
}

func (h hooked) open(path string, size int64) (m *mapped, err error) {
	err = h.step("open", path, func() error { m, err = system{}.open(path, size); return err })
	return m, err
}

func (h hooked) size(path string) (n int64, err error) {
	err = h.step("size", path, func() error { n, err = system{}.size(path); return err })
	return n, err
}

func (h hooked) rename(from, to string) error {
	return h.stepTo("rename", filepath.Dir(to), from, to, func() error { return system{}.rename(from, to) })
}

func (h hooked) remove(path string) error {
	return h.step("remove", path, func() error { return system{}.remove(path) })
}

func (h hooked) syncFolder(path string) error {
	return h.stepTo("sync folder", path, path, "", func() error { return system{}.syncFolder(path) })
}

type hookedFile struct {
	file
	h hooked
}

func (f hookedFile) Write(p []byte) (n int, err error) {
	err = f.h.step("write", f.Name(), func() error {
		room, full := f.h.Room(len(p))
		if n, err = f.file.Write(p[:room]); err == nil {
			err = full
		}
		return err
	})
	return n, err
}

func (f hookedFile) Sync() error  { return f.h.step("sync", f.Name(), f.file.Sync) }
func (f hookedFile) Close() error { return f.h.step("close", f.Name(), f.file.Close) }
