package identifier

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/selvedge/selvedge/internal/kernel"
)

// Lengths in characters of what senders write for a hash.
const (
	hexMD5    = 32
	hexSHA1   = 40
	hexSHA256 = 64
	hexSHA512 = 128

	// Base64 without padding. The 86 of 64 bytes are a SHA-512, or the hex text
	// of a SHA-256 encoded once more.
	b64MD5    = 22
	b64SHA1   = 27
	b64SHA256 = 43
	b64Of64   = 86

	// longText is the length from which text without an @ is taken for a hash:
	// no word is so long, and the shortest damaged SHA-256 is not much shorter.
	longText = 40
)

// Hash reads an identifier that its sender has hashed with SHA-256: 64
// hexadecimal characters in either case, with an optional 0x or \x before them,
// or base64 of the 32 bytes in either alphabet, padded or not; white space and
// quotes around it are dropped. Hashes of placeholders are ReasonEmpty, as is
// blank text. MD5, SHA-1 and SHA-512 are refused by name (D9). On refusal the
// Form is the zero Form.
func Hash(k Kind, text string) (Form, Reason) {
	if k != Email && k != Phone {
		return Form{}, ReasonNoKind
	}
	var d Digest
	reason := decodeHash(&d, text)
	if reason != Accepted {
		return Form{}, reason
	}
	if isJunkDigest(&d) {
		return Form{}, ReasonEmpty
	}
	return Form{Class: k.Class(), Digest: d}, Accepted
}

func decodeHash(d *Digest, text string) Reason {
	s := unquote(text)
	if isJunk(s) {
		return ReasonEmpty
	}
	if t := trimHexPrefix(s); isHex(t) {
		return decodeHex(d, t)
	}
	if isBase64(s) && strings.ContainsFunc(s, isLetter) {
		return decodeBase64(d, s) // digits alone are a number that nobody has, not a hash
	}
	if severalHashes(s) {
		return ReasonSeveral
	}
	return ReasonNotHash
}

// decodeHex decodes s, of which isHex is true.
func decodeHex(d *Digest, s string) Reason {
	switch len(s) {
	case hexSHA256:
		var src [hexSHA256]byte // on the stack; []byte(s) would not be
		copy(src[:], s)
		_, _ = hex.Decode(d[:], src[:]) // cannot fail: isHex has seen every character
		return Accepted
	case hexMD5:
		return ReasonMD5
	case hexSHA1:
		return ReasonSHA1
	case hexSHA512:
		var text [hexSHA256]byte
		if _, err := hex.Decode(text[:], []byte(s)); err == nil && isHex(string(text[:])) {
			return ReasonHexOfHex // SHA-512 has no such bytes but by one chance in 2^226
		}
		return ReasonSHA512
	default:
		return ReasonBadHashLength
	}
}

// PlainHash reads what nearly every cell of hashes is: the 64 hexadecimal
// characters of a SHA-256, in either case, and nothing else. It returns false for
// anything else, which Read may still take for a hash, and for the hash of a
// placeholder. It is Read for lists of millions, and allocates nothing.
func PlainHash(d *Digest, text string) bool {
	return kernel.Hex((*[len(d)]byte)(d), text) && !isJunkDigest(d)
}

// decodeBase64 is strict about the bits that the last character has to spare:
// no encoder sets them, so a word of 43 letters is not taken for a hash.
func decodeBase64(d *Digest, s string) Reason {
	body := strings.TrimRight(s, "=")
	// Padding fills to a multiple of four, or is left away.
	if pad := len(s) - len(body); pad > 2 || pad > 0 && len(s)%4 != 0 {
		return ReasonBadHashLength
	}
	enc := base64.RawStdEncoding.Strict()
	if strings.ContainsAny(body, "-_") {
		enc = base64.RawURLEncoding.Strict()
	}
	// Both hold 64 bytes, the most that is told apart; what is longer than that is
	// cut, and has a wrong length below.
	var out [hexSHA256]byte
	var src [b64Of64]byte
	n, err := enc.Decode(out[:], src[:copy(src[:], body)])
	if err != nil {
		return ReasonBadHashLength
	}
	switch len(body) {
	case b64SHA256:
		copy(d[:], out[:n])
		return Accepted
	case b64MD5:
		return ReasonMD5
	case b64SHA1:
		return ReasonSHA1
	case b64Of64:
		if isHex(string(out[:n])) {
			return ReasonBase64OfHex
		}
		return ReasonSHA512
	default:
		return ReasonBadHashLength
	}
}

// looksHashed says that a cell is meant as a hash, right or wrong. No address
// is: it has an @. No phone number is: 15 digits are its limit, and the shortest
// hash has 32 characters in hex, or letters.
func looksHashed(text string) bool {
	// Nearly every number leaves at the first test, every address at the second.
	if len(text) < b64MD5 || strings.IndexByte(text, '@') >= 0 {
		return false
	}
	s := unquote(text)
	if t := trimHexPrefix(s); len(t) >= hexMD5 && isHex(t) {
		return true
	}
	if severalHashes(s) {
		return true
	}
	if !isBase64(s) || !strings.ContainsFunc(s, isLetter) {
		return false
	}
	body := strings.TrimRight(s, "=")
	// Short ones are told from words by their padding alone. Long ones need not
	// have a right length: a hash that lost a character is a damaged hash.
	return len(body) >= longText || len(body) < len(s) && (len(body) == b64MD5 || len(body) == b64SHA1)
}

// severalHashes says that a cell holds two hashes or more.
func severalHashes(s string) bool {
	n := 0
	for f := range strings.FieldsFuncSeq(s, isSeparator) {
		if len(f) < hexMD5 || !isHex(trimHexPrefix(f)) {
			return false
		}
		n++
	}
	return n > 1
}

// trimHexPrefix drops what database exports write before hex.
func trimHexPrefix(s string) string {
	if len(s) > 2 && (s[0] == '0' || s[0] == '\\') && s[1]|0x20 == 'x' {
		return s[2:]
	}
	return s
}

func isHex(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return s != ""
}

func isBase64(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		c := body[i]
		if !isDigit(rune(c)) && !isLetter(rune(c)) && strings.IndexByte("+/-_", c) < 0 {
			return false
		}
	}
	return body != ""
}
