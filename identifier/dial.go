package identifier

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds for reading a number.
const (
	maxNumberText = 200 // bytes of what is read at all
	maxExtension  = 7   // digits of an extension
	minNumber     = 7   // digits from which a part of a cell is a number of its own
)

// unwrapNumber takes a number out of quotes, of a tel: link, and from behind the
// apostrophe by which a spreadsheet marks text.
func unwrapNumber(text string) string {
	s := unquote(text)
	if rest, ok := cutPrefixFold(s, "tel:"); ok {
		s = trim(rest)
	}
	if rest, ok := strings.CutPrefix(s, "'"); ok {
		s = trim(rest)
	}
	return strings.TrimRightFunc(s, isSeparator)
}

// foldNumber writes the digits of every script, full-width forms and the many
// spaces and dashes in ASCII, and drops what is invisible, such as the direction
// marks that copying from an address book brings along. It returns false for
// anything else outside ASCII.
func foldNumber(s string) (string, bool) {
	if len(s) > maxNumberText {
		return "", false
	}
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return s, true
	}
	ok := true
	s = strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
			return r
		case unicode.Is(unicode.Nd, r):
			return '0' + digitValue(r)
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.Is(unicode.Pd, r) || r == '\u2212': // the minus sign
			return '-'
		case unicode.Is(unicode.Cf, r):
			return -1
		default:
			ok = false
			return -1
		}
	}, s)
	return s, ok
}

// digitValue returns what a decimal digit stands for. Unicode has every set of
// digits together, from nought to nine, so the digits before it tell.
func digitValue(r rune) rune {
	n := rune(0)
	for unicode.Is(unicode.Nd, r-n-1) {
		n++
	}
	return n % 10
}

// severalNumbers says that two parts of s or more are long enough to be numbers.
// A slash within one number, as in 030/1234567, leaves a short part before it.
func severalNumbers(s string) bool {
	numbers, digits := 0, 0
	end := func() {
		if digits >= minNumber {
			numbers++
		}
		digits = 0
	}
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(rune(c)):
			digits++
		case strings.IndexByte(";/,|+\r\n", c) >= 0:
			end()
		}
	}
	end()
	return numbers > 1
}

// cutExtension drops an extension from the end: x12, ext. 12, #12, ;ext=12. The
// number that remains is the one that is matched.
func cutExtension(s string) (string, bool) {
	head := strings.TrimRightFunc(s, isDigit)
	if n := len(s) - len(head); n == 0 || n > maxExtension {
		return s, false
	}
	head = strings.TrimRight(head, " .:=-")
	for _, mark := range [...]string{"extension", "extn", "ext", "x", "#"} {
		if i := len(head) - len(mark); i > 0 && strings.EqualFold(head[i:], mark) {
			return strings.TrimRight(head[:i], " ;,.-"), true
		}
	}
	return s, false
}

// vanity turns the letters of a North American toll-free number into digits,
// where they fill the last seven places. Letters anywhere else are a name or a
// remark, and to read them as digits would make somebody else's number: it
// returns false.
func vanity(s string) (string, bool) {
	if !strings.ContainsFunc(s, isLetter) {
		return s, true
	}
	rest := strings.TrimLeft(strings.TrimPrefix(s, "+"), "1 -.(")
	if len(rest) < 3 || rest[0] != '8' || strings.IndexByte("0345678", rest[1]) < 0 || rest[2] != rest[1] {
		return "", false
	}
	places := 0
	for _, r := range rest[3:] {
		switch {
		case isDigit(r) || isLetter(r):
			places++
		case r != '-' && r != ' ' && r != '.' && r != ')':
			return "", false
		}
	}
	if places != 7 {
		return "", false
	}
	return strings.Map(func(r rune) rune {
		if isLetter(r) {
			return rune(keypad[r|0x20-'a'])
		}
		return r
	}, s), true
}

// keypad has the digit of each letter (ITU-T E.161).
const keypad = "22233344455566677778889999"
