package list

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/selvedge/selvedge/identifier"
)

// Bounds of a Preview.
const (
	PreviewRows    = 100 // that are read
	MaxSamples     = 100 // that are shown of them
	previewColumns = 1024
	previewText    = 256 // bytes of a name or a value
)

// Preview says how the first rows of a list would be read. It holds values and
// names of columns as its sender wrote them: it is for the sender's eyes, and is
// kept nowhere.
type Preview struct {
	// Rows is how many rows were read, Whole whether the list has no more.
	Rows  int64 `json:"rows"`
	Whole bool  `json:"whole"`
	// Mapping has every column, whether it would be read or not.
	Mapping []Mapping `json:"mapping"`
	Samples []Sample  `json:"samples"`
	// Report is that of these rows alone.
	Report Report `json:"report"`
}

// Mapping says what a column is taken for.
type Mapping struct {
	Number int    `json:"number"`         // from 1
	Name   string `json:"name,omitempty"` // as the header has it; "" without one
	Role   Role   `json:"role,omitempty"` // "" for a column that is not read
}

// Sample says how one identifier, or a row that is left out, was read.
type Sample struct {
	Row    int64  `json:"row"`
	Column int    `json:"column,omitempty"` // 0 where rows have names of their own
	Kind   string `json:"kind,omitempty"`   // "email" or "phone"; "" for a row
	Value  string `json:"value,omitempty"`  // as it stands in the file
	// Normalised is what is hashed, or what the sender had hashed, in hexadecimal.
	Normalised string            `json:"normalised,omitempty"`
	Hashed     bool              `json:"hashed,omitempty"`
	Reason     identifier.Reason `json:"reason,omitempty"` // why it is left out; "" if it is taken
}

// sampler collects the samples of a Preview.
type sampler struct {
	base   int64 // rows before the chunk
	column int   // that is being read
	out    []Sample
}

// Preview reads the first rows of a list as Receive would, and leaves nothing: no
// token is kept, and no blob is made. What r has beyond is not read. The errors
// are those of Receive, as far as these rows show them.
func (v *Receiver) Preview(ctx context.Context, r io.Reader, o Options) (Preview, error) {
	if err := o.check(); err != nil {
		return Preview{}, err
	}
	// A removal leaves no sidecar.
	g, err := v.gather(ctx, Remove)
	if err != nil {
		return Preview{}, err
	}
	defer g.close()
	l := v.layout(o)
	u := &upload{gatherer: g, Options: o, dir: v.Dir, consent: l.consent}
	defer u.closeAll()
	in, err := u.open(&source{ctx: ctx, r: r}, l)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Samples: []Sample{}}
	w := newWorker(picker{kind: u.kind}, u.keys, l)
	w.sampler, w.harvest = &sampler{}, new(harvest)
	for !w.full() && !p.Whole {
		c, err := in.next()
		if p.Whole = err == io.EOF; p.Whole {
			break
		}
		if err != nil {
			return Preview{}, atRow(err, u.row+1)
		}
		w.sampler.base = u.row
		h := w.harvestOf(c, new(harvest))
		base := u.row
		if err := u.collect(h); err != nil {
			return Preview{}, shifted(err, base)
		}
		w.seen += h.rows
		w.harvest = new(harvest)
	}
	if err := u.finish(); err != nil {
		return Preview{}, err
	}
	if _, err := u.writeTokens(ctx, bufio.NewWriter(io.Discard)); err != nil {
		return Preview{}, fmt.Errorf("count: %w", err)
	}
	p.Rows, p.Samples, p.Report = w.seen, append(p.Samples, w.sampler.out...), u.report
	p.Mapping = u.mapping(l)
	return p, nil
}

// full says that a Preview has enough.
func (w *worker) full() bool { return w.sampler != nil && w.seen+w.rows >= PreviewRows }

// show notes how a value was read.
func (w *worker) show(k identifier.Kind, text string, hashed bool, reason identifier.Reason) {
	s := w.sampler
	if s == nil || reason == identifier.ReasonEmpty || len(s.out) >= MaxSamples {
		return
	}
	normalised, _ := identifier.Canonical(k, text, w.region)
	s.out = append(s.out, Sample{
		Row: s.base + w.rows, Column: s.column, Kind: k.String(), Value: cut(text), Normalised: normalised, Hashed: hashed, Reason: reason,
	})
}

// showRow notes that a row was left out.
func (w *worker) showRow(reason identifier.Reason) {
	if s := w.sampler; s != nil && len(s.out) < MaxSamples {
		s.out = append(s.out, Sample{Row: s.base + w.rows, Reason: reason})
	}
}

// cut returns a text that is not too long to show.
func cut(text string) string {
	if len(text) > previewText {
		return text[:previewText] + "\u2026"
	}
	return text
}

// mapping says what became of every column.
func (u *upload) mapping(l *layout) []Mapping {
	names := u.header
	if u.names != nil {
		names = u.names.order
	}
	width := len(names)
	for _, c := range l.want {
		width = max(width, c+1)
	}
	out := []Mapping{}
	for i := range min(width, previewColumns) {
		m := Mapping{Number: i + 1}
		if i < len(names) {
			m.Name = cut(names[i])
		}
		if u.names != nil {
			m.Role = l.roleIn(names[i])
		} else if at := slices.Index(l.want, i); at >= 0 {
			m.Role = l.wanted[at].role
		}
		out = append(out, m)
	}
	return out
}
