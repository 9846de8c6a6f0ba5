package blob

import "os"

// BreakFile makes every further write to the blob's temporary file fail, though
// it can still be synced, closed and renamed.
func BreakFile(w Writer) error {
	d := w.(*dirWriter)
	f, err := os.Open(d.file.Name())
	if err != nil {
		return err
	}
	d.file, f = f, d.file
	return f.Close()
}
