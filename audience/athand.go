package audience

import (
	"context"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
)

// members are those of an audience's last version, to look somebody up: the last
// version that is kept whole, and what is otherwise since then. The first is the
// blob as it lies on the disk, so that memory does not grow with it.
type members struct {
	audience selvedge.AudienceID
	org      selvedge.OrgID
	number   int64
	whole    *roaring.Bitmap // reads content, if there is any
	content  blob.Content    // nil for a blob that was copied
	flips    *roaring.Bitmap // nil for none
}

// mapFrom is from how many bytes on a blob is left mapped. Smaller ones are copied:
// Linux maps 65,530 files for a process.
const mapFrom = 16 << 10

// follow goes on to a version: the next one, or a whole one after it. One that it
// is at or beyond changes nothing.
func (m *members) follow(ctx context.Context, blobs blob.Store, v Version) error {
	switch {
	case v.Number <= m.number:
		return nil
	case v.Members != nil:
		return m.replace(ctx, blobs, v)
	case v.Number != m.number+1:
		return fmt.Errorf("version %d of an audience follows on %d", v.Number, m.number)
	}
	flips, err := getBitmap(ctx, blobs, *v.Flips)
	if err != nil {
		return err
	}
	if m.flips == nil {
		m.flips = flips
	} else {
		m.flips.Xor(flips)
	}
	m.number = v.Number
	return nil
}

// replace goes on to a version that is kept whole.
func (m *members) replace(ctx context.Context, blobs blob.Store, v Version) error {
	content, err := blobs.Open(ctx, *v.Members)
	if err != nil {
		return err
	}
	b := content.Bytes()
	mapped := len(b) >= mapFrom
	if !mapped {
		b = append([]byte(nil), b...)
		content.Close()
	}
	whole := roaring.New()
	_, err = whole.FromBuffer(b)
	if err == nil {
		err = whole.Validate()
	}
	if err != nil {
		content.Close()
		return fmt.Errorf("read bitmap: %w", err)
	}
	m.close()
	m.number, m.whole, m.content, m.flips = v.Number, whole, nil, nil
	if mapped {
		m.content = content
	}
	return nil
}

// of returns those of ordinals that are members.
func (m *members) of(ordinals []selvedge.Ordinal) (in []selvedge.Ordinal) {
	for _, o := range ordinals {
		is := m.whole != nil && m.whole.Contains(uint32(o))
		if m.flips != nil && m.flips.Contains(uint32(o)) {
			is = !is
		}
		if is {
			in = append(in, o)
		}
	}
	return in
}

func (m *members) close() {
	if m.content != nil {
		m.content.Close()
	}
}
