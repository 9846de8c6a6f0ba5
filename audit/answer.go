package audit

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// idText finds what the server names things by: a word and a keyed hash.
var idText = regexp.MustCompile(`\b[a-z]{3}_[a-z2-7]{24}\b`)

// idNames are the ids that one asker was told, by the order in which it was: two
// askers have other ids, and compare what they were told otherwise.
type idNames map[string]string

func (n idNames) plain(text string) string {
	return idText.ReplaceAllStringFunc(text, func(id string) string {
		if n[id] == "" {
			n[id] = fmt.Sprintf("%s_%d", id[:3], len(n))
		}
		return n[id]
	})
}

// alone are the headers that belong to one answer whatever was asked: the
// machine's clock, and the id that is drawn for each request.
var alone = []string{"Date", "X-Request-Id"}

// plain returns all that is told by an answer, byte for byte but for ids.
func (a answer) plain(n idNames) string {
	var b bytes.Buffer
	fmt.Fprintln(&b, a.status)
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		if !slices.Contains(alone, name) {
			fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(a.header[name], ", "))
		}
	}
	b.WriteByte('\n')
	b.Write(a.body)
	return n.plain(b.String())
}

// around is how much is shown on each side of a difference.
const around = 24

// difference returns where two texts differ, "" if they do not. Answers to orgs
// hold no address, so what is shown holds none.
func difference(a, b string) string {
	if a == b {
		return ""
	}
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	cut := func(s string) string { return strings.ToValidUTF8(s[max(0, at-around):min(len(s), at+around)], "?") }
	return fmt.Sprintf("%q against %q", cut(a), cut(b))
}

// containsID says whether an answer names something by its id.
func containsID(body []byte, id string) bool { return bytes.Contains(body, []byte(`"`+id+`"`)) }
