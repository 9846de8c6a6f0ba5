package identifier

import (
	"strings"
	"unicode"
)

// trim drops what stands invisibly at both ends: Unicode white space, which
// includes U+00A0, and the zero-width U+FEFF and U+200B (D6).
func trim(s string) string {
	// Nearly every value has nothing to trim, and ASCII tells so at once.
	if s != "" && s[0] > ' ' && s[0] < 0x7f && s[len(s)-1] > ' ' && s[len(s)-1] < 0x7f {
		return s
	}
	return strings.TrimFunc(s, isBlank)
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isLetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }

// isSeparator says that people write r between two values in one cell.
func isSeparator(r rune) bool { return r == ';' || r == ',' || r == '|' || isBlank(r) }

// quotes are the pairs that exporters and people put around a value.
var quotes = [...][2]string{
	{`="`, `"`}, // a spreadsheet formula that keeps the text as it is
	{`"`, `"`},
	{`'`, `'`},
	{"\u201c", "\u201d"},
	{"\u2018", "\u2019"},
}

// unquote trims s and takes off the quotes around it, however many.
func unquote(s string) string {
	for {
		s = trim(s)
		t := s
		for _, q := range quotes {
			if len(s) >= len(q[0])+len(q[1]) && strings.HasPrefix(s, q[0]) && strings.HasSuffix(s, q[1]) {
				t = s[len(q[0]) : len(s)-len(q[1])]
				break
			}
		}
		if t == s {
			return s
		}
		s = t
	}
}

// cutPrefixFold is strings.CutPrefix without regard to the case of ASCII
// letters. The prefix is in lower case.
func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
