package blob

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Lock implements Store. The kernel keeps it, for as long as the file is open:
// it ends with the process, however that ends, and not while the process is
// stopped. It holds between the processes of one machine; a folder that several
// machines share needs a file system whose flock does the same.
func (d *Dir) Lock(ctx context.Context) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(d.path, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock blobs: %w", nameless(err))
	}
	got := make(chan error, 1)
	go func() { got <- flock(f) }()
	select {
	case err := <-got:
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock blobs: %w", err), f.Close())
		}
		return func() { _ = f.Close() }, nil
	case <-ctx.Done():
		// The system call cannot be called off: it is given back when it comes.
		go func() {
			<-got
			_ = f.Close()
		}()
		return nil, ctx.Err()
	}
}

// flock waits for the lock; a signal to the process is no end of the waiting.
func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
