package identifier

import (
	"crypto/sha256"
	"strings"
)

// junk are the placeholders that count as empty: whole columns are filled with
// them, or with their hashes, and they would look like one person in many rows.
var junk = [...]string{"-", "n/a", "null", "none", "nan", "undefined", "unknown", "0"}

// isJunk says that a trimmed value is blank or a placeholder in any case.
func isJunk(s string) bool {
	if s == "" {
		return true
	}
	for _, j := range junk {
		if len(s) == len(j) && strings.EqualFold(s, j) {
			return true
		}
	}
	return false
}

// isJunkDigest says that a digest is of a placeholder.
func isJunkDigest(d *Digest) bool {
	if !mayBeJunk[d[0]] { // nearly always
		return false
	}
	_, junk := junkDigests[*d]
	return junk
}

// mayBeJunk are the first bytes of junkDigests.
var mayBeJunk = func() (first [256]bool) {
	for d := range junkDigests {
		first[d[0]] = true
	}
	return first
}()

// junkDigests are the hashes of placeholders as they are seen in lists: of
// nothing, of a line feed, and of each word as exporters spell it.
var junkDigests = func() map[Digest]struct{} {
	m := make(map[Digest]struct{})
	for _, s := range append(junk[:], "", "\n", "NULL", "None", "NaN") {
		m[sha256.Sum256([]byte(s))] = struct{}{}
	}
	return m
}()
