package api

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/selvedge/selvedge"
)

// maxPage is how many things a page has at most, and unless less is asked for.
const maxPage = 100

// Items is a page of a list of things.
type Items[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"the cursor of the page after this one; missing after the last"`
}

// nextCursor returns the cursor of the page after this one, "" after the last.
func (p Items[T]) nextCursor() string { return p.Next }

// paged is an answer that may go on.
type paged interface{ nextCursor() string }

// items encodes a list; an empty one is [] and not null.
func items[T, B any](vs []T, of func(T) B) Items[B] {
	out := Items[B]{Items: make([]B, 0, len(vs))}
	for _, v := range vs {
		out.Items = append(out.Items, of(v))
	}
	return out
}

// turn is which page a request asks for: at most limit things, those after the
// one with the name. The lists that have pages only grow at one end, and nothing
// leaves them, so that who follows the cursors meets each thing once.
type turn struct {
	after string // "" for the first page
	limit int
	door  *door
	list  []byte // which list of whose it is, for the cursors
}

// turnOf reads which page an actor asks for. It returns a CodeInvalid error for
// a limit that is none, and for a cursor that no answer to the same list, the
// same filters and the same asker gave.
func (d *door) turnOf(actor selvedge.Actor, r *http.Request) (turn, error) {
	q := r.URL.Query()
	t := turn{limit: maxPage, door: d}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			return turn{}, selvedge.Errorf(selvedge.CodeInvalid, "must be a number from 1 to %d", maxPage).At("limit").Because("bad_limit")
		}
		t.limit = n
	}
	cursor := q.Get("cursor")
	q.Del("cursor")
	q.Del("limit")
	org, _ := actor.Org()
	t.list = []byte(url.Values{"path": {r.URL.Path}, "filter": {q.Encode()}, "role": {actor.Role().String()}, "org": {string(org)}}.Encode())
	if cursor == "" {
		return t, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) <= tagLen || t.cursor(string(b[tagLen:])) != cursor {
		return turn{}, badCursor()
	}
	t.after = string(b[tagLen:])
	return t, nil
}

func badCursor() error {
	return selvedge.Errorf(selvedge.CodeInvalid, "must be one that an answer to the same request gave").At("cursor").Because("bad_cursor")
}

// tagLen is how much of a MAC seals a cursor, in bytes.
const tagLen = 16

// cursor returns the cursor of what comes after a thing: its name, and a seal
// without which anybody could begin anywhere. It is the same each time.
func (t turn) cursor(name string) string {
	sum := t.door.Cursors.MAC(t.list, []byte(name))
	return base64.RawURLEncoding.EncodeToString(append(sum[:tagLen:tagLen], name...))
}

// pageOf returns the page that is asked for out of a whole list.
func pageOf[T, B any](t turn, vs []T, name func(T) string, of func(T) B) (Items[B], error) {
	if t.after != "" {
		i := slices.IndexFunc(vs, func(v T) bool { return name(v) == t.after })
		if i < 0 {
			return Items[B]{}, badCursor() // what it named has gone with its account
		}
		vs = vs[i+1:]
	}
	return firstOf(t, vs, name, of), nil
}

// firstOf returns the page that is asked for out of a list that begins with it.
func firstOf[T, B any](t turn, vs []T, name func(T) string, of func(T) B) Items[B] {
	out := items(vs[:min(t.limit, len(vs))], of)
	if len(vs) > t.limit {
		out.Next = t.cursor(name(vs[t.limit-1]))
	}
	return out
}

// numberOf returns the number that names the thing before the page, 0 for the
// first one.
func (t turn) numberOf() int64 {
	n, _ := strconv.ParseInt(t.after, 10, 64) // sealed: what is in it was put there
	return n
}

// digestName names a thing that is told apart by several parts, none of which
// needs to be in a cursor.
func digestName(parts ...string) string {
	sum := sha256.Sum256([]byte(url.Values{"part": parts}.Encode()))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// linkNext names the page after an answer in a header as well (RFC 8288).
func linkNext(h http.Header, r *http.Request, v any) {
	p, ok := v.(paged)
	if !ok || p.nextCursor() == "" {
		return
	}
	q := r.URL.Query()
	q.Set("cursor", p.nextCursor())
	h.Set("Link", "<"+r.URL.EscapedPath()+"?"+q.Encode()+`>; rel="next"`)
}
