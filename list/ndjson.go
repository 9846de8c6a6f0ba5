package list

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/selvedge/selvedge/internal/delimited"
)

// maxNames is how many names of columns a list may have whose rows have names of
// their own.
const maxNames = 1024

// openNDJSON reads up to the first object.
func (u *upload) openNDJSON(t *text, l *layout) (container, error) {
	t.skipMarks()
	for _, c := range u.Columns {
		if c.Name == "" {
			return nil, badColumns(0)
		}
	}
	l.dialect, l.choices = lineDialect, u.Columns
	u.report.Header = true // each object names its values
	u.names = &names{layout: l, seen: map[string]bool{}}
	return &ndjsonList{delimited.NewSplitter(t.in, l.dialect)}, nil
}

// ndjsonList is lines of JSON.
type ndjsonList struct{ *delimited.Splitter }

func (n *ndjsonList) next() (chunk, error) {
	s, err := n.Next()
	return ndjsonChunk(s), err
}

// roleIn returns what a name says in a list whose rows have names of their own.
func (l *layout) roleIn(name string) Role {
	if l.choices == nil {
		return roleOf(name)
	}
	at := slices.IndexFunc(l.choices, func(c Choice) bool { return plainName(c.Name) == plainName(name) })
	if at < 0 {
		return ""
	}
	return l.choices[at].Role
}

// names are the columns of a list whose rows have names of their own, numbered in
// the order in which they appear.
type names struct {
	layout *layout
	seen   map[string]bool
	order  []string
}

// add takes names that were new to a worker, and reports their columns. They may
// have been new to another one before.
func (n *names) add(keys []string, r *Report) error {
	for _, key := range keys {
		if n.seen[key] {
			continue
		}
		n.seen[key] = true
		n.order = append(n.order, key)
		number := len(n.seen)
		if role := n.layout.roleIn(key); role == "" || !r.found(role, number) {
			r.Dropped++
		}
		if len(n.seen) > maxNames || len(r.Columns) > MaxColumns {
			return headerFault(0, "too_many_columns", "the objects have too many different names")
		}
	}
	return nil
}

// ndjsonChunk is lines of JSON.
type ndjsonChunk string

func (c ndjsonChunk) read(w *worker) error {
	s := &w.scanner
	s.Reset(string(c))
	line, want := make([]string, 1), []int{0}
	for !w.full() {
		switch s.Next(want, line) {
		case delimited.End:
			return nil
		case delimited.Blank:
			w.blank(1)
		case delimited.TooLong:
			w.rows++
			return rowTooLong(w.rows)
		default:
			w.object(line[0])
		}
	}
	return nil
}

// field is a member of an object that is read.
type field struct {
	role   Role
	values []string
}

// object reads a row.
func (w *worker) object(line string) {
	text, ok := w.layout.decode(line)
	if !ok {
		w.bad(ReasonBadText)
		return
	}
	if strings.TrimSpace(text) == "" {
		w.blank(1)
		return
	}
	fields, err := w.fields(text)
	if err != nil {
		w.bad(ReasonBadJSON)
		return
	}
	w.rows++
	w.begin()
	filled := false
	said := map[Role]bool{}
	for _, f := range fields {
		if len(f.values) == 0 {
			continue
		}
		filled = filled || f.role.kind() != 0
		if !said[f.role] { // of two names that say the same the first one counts
			w.beside(f.role, f.values[0])
		}
		said[f.role] = true
	}
	if w.mayCount(filled) {
		for _, f := range fields {
			if k := f.role.kind(); k != 0 {
				w.several(k, f.values)
			}
		}
	}
	w.endRow()
}

var errNoObject = errors.New("no JSON object")

// fields reads the members of an object that are of ours.
func (w *worker) fields(text string) ([]field, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // a number of 15 digits is written as it came
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errNoObject
	}
	var out []field
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		role, known := w.named[name]
		if !known {
			name = strings.Clone(name)
			role = w.layout.roleIn(name)
			if len(w.named) <= maxNames { // beyond that the list is refused
				w.named[name] = role
			}
			w.harvest.keys = append(w.harvest.keys, name)
		}
		values, err := values(d)
		if err != nil {
			return nil, err
		}
		if role != "" {
			out = append(out, field{role, values})
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errNoObject
	}
	return out, nil
}

// values reads a value as text: a string, a number, or an array of them. A null is
// none. What else there may be is no identifier, and is refused as such.
func values(d *json.Decoder) (out []string, err error) {
	depth := 0
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch v := t.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth++
				if v == '{' || depth > 1 {
					out = append(out, "{}")
				}
			} else {
				depth--
			}
		case string:
			out = scalar(out, depth, v)
		case json.Number:
			out = scalar(out, depth, v.String())
		case bool:
			out = scalar(out, depth, "{}")
		}
		if depth == 0 {
			return out, nil
		}
	}
}

// scalar adds a value that is not within one of its own.
func scalar(out []string, depth int, text string) []string {
	if depth > 1 || depth == 1 && len(out) > 0 && out[0] == "{}" {
		return out
	}
	return append(out, text)
}
