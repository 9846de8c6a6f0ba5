package upload_test

import (
	"bytes"
	"io"
	"testing"
)

// BenchmarkUpload appends 64 MiB and reads them again, in parts of the usual size.
func BenchmarkUpload(b *testing.B) {
	p := newPlatform(b)
	p.Uploads.Part = 0
	whole := file(64 << 20)
	b.SetBytes(int64(len(whole)))
	for b.Loop() {
		u, err := p.Uploads.Create(b.Context(), p.acme, int64(len(whole)))
		must(b, err)
		_, err = p.Uploads.Append(b.Context(), p.acme, u.ID, 0, bytes.NewReader(whole))
		must(b, err)
		r, err := p.Uploads.Open(b.Context(), p.acme, u.ID)
		must(b, err)
		_, err = io.Copy(io.Discard, r)
		must(b, err)
		must(b, r.Close())
		must(b, p.Uploads.Delete(b.Context(), p.acme, u.ID))
	}
}
