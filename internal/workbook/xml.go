package workbook

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// maxToken is the most bytes of a tag or of a text. Excel's own limit for a cell
// is 32,767 characters.
const maxToken = 128 << 10

// errXML is a part that is not the XML of a workbook.
var errXML = errors.New("not the XML of a workbook")

// markup reads the XML of a workbook tag by tag. The parser of the standard
// library keeps each text whole, however long it is, and takes several times as
// long; what programs write into workbooks needs less than it can do. There are no
// entities but the five of XML and characters by number, and no document types.
type markup struct {
	in *bufio.Reader

	// The tag that was read last, valid until the next.
	name  string // without its prefix
	end   bool   // </name>
	empty bool   // <name/>
	attrs []byte

	text []byte // what stood before the tag, where that was asked for
	tag  []byte
}

func newMarkup(r io.Reader) *markup { return &markup{in: bufio.NewReaderSize(r, 64<<10)} }

// next reads the next tag, and the text before it if keep is true. It returns
// io.EOF after the last.
func (m *markup) next(keep bool) error {
	m.text = m.text[:0]
	for {
		if err := m.until(keep); err != nil {
			return err
		}
		b, err := m.in.Peek(3)
		if err != nil && err != io.EOF {
			return err
		}
		switch {
		case bytes.HasPrefix(b, []byte("!--")):
			err = m.past("-->", false)
		case bytes.HasPrefix(b, []byte("![C")):
			_, _ = m.in.Discard(len("![CDATA["))
			err = m.past("]]>", keep)
		case bytes.HasPrefix(b, []byte("?")):
			err = m.past("?>", false)
		case bytes.HasPrefix(b, []byte("!")):
			return errXML
		default:
			return m.readTag()
		}
		if err != nil {
			return early(err)
		}
	}
}

// until reads up to a "<" and past it.
func (m *markup) until(keep bool) error {
	from := len(m.text)
	for {
		b, err := m.in.ReadSlice('<')
		if keep {
			m.text = append(m.text, bytes.TrimSuffix(b, []byte("<"))...)
			if len(m.text) > maxToken {
				return errXML
			}
		}
		if err == nil {
			m.text = append(m.text[:from], unescape(m.text[from:])...)
			return nil
		}
		if err != bufio.ErrBufferFull {
			return err
		}
	}
}

// past reads past a mark, and keeps what stands before it if keep is true.
func (m *markup) past(mark string, keep bool) error {
	var last [3]byte
	for n := 0; ; n++ {
		c, err := m.in.ReadByte()
		if err != nil {
			return err
		}
		last[0], last[1], last[2] = last[1], last[2], c
		if keep {
			if m.text = append(m.text, c); len(m.text) > maxToken {
				return errXML
			}
		}
		if string(last[3-len(mark):]) == mark && n >= len(mark)-1 {
			if keep {
				m.text = m.text[:len(m.text)-len(mark)]
			}
			return nil
		}
	}
}

// readTag reads a tag up to its ">", which may stand in quotes before.
func (m *markup) readTag() error {
	m.tag = m.tag[:0]
	var quote byte
	for done := false; !done; {
		b, err := m.in.ReadSlice('>')
		if err != nil && err != bufio.ErrBufferFull {
			return early(err)
		}
		if m.tag = append(m.tag, b...); len(m.tag) > maxToken {
			return errXML
		}
		for _, c := range b {
			switch {
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case c == quote:
				quote = 0
			}
		}
		done = err == nil && quote == 0
	}
	t := m.tag[:len(m.tag)-1]
	t, m.end = bytes.CutPrefix(t, []byte("/"))
	t, m.empty = bytes.CutSuffix(t, []byte("/"))
	n := bytes.IndexAny(t, " \t\r\n")
	if n < 0 {
		n = len(t)
	}
	name := t[:n]
	if at := bytes.IndexByte(name, ':'); at >= 0 {
		name = name[at+1:]
	}
	m.name, m.attrs = known(name), t[n:]
	return nil
}

// known returns a name without a copy of those that there are many of.
func known(name []byte) string {
	for _, k := range [...]string{"c", "v", "row", "t", "is", "si", "r", "f"} {
		if string(name) == k {
			return k
		}
	}
	return string(name)
}

// attr returns an attribute of the tag, with or without a prefix, and "" if there
// is none. What it returns is valid until the next tag.
func (m *markup) attr(name string) []byte {
	rest := m.attrs
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		eq := bytes.IndexByte(rest, '=')
		if eq < 0 {
			return nil
		}
		key := bytes.TrimRight(rest[:eq], " \t\r\n")
		rest = bytes.TrimLeft(rest[eq+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return nil
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return nil
		}
		if at := bytes.LastIndexByte(key, ':'); string(key[at+1:]) == name {
			return unescape(rest[1 : 1+end])
		}
		rest = rest[end+2:]
	}
}

// unescape decodes entities in place, where that is shorter. What is none stays.
func unescape(b []byte) []byte {
	at := bytes.IndexByte(b, '&')
	if at < 0 {
		return b
	}
	out := b[:at]
	for rest := b[at:]; len(rest) > 0; {
		if rest[0] != '&' {
			out, rest = append(out, rest[0]), rest[1:]
			continue
		}
		end := bytes.IndexByte(rest[:min(len(rest), 12)], ';')
		var c rune
		if end > 0 {
			c = entity(string(rest[1:end]))
		}
		if c == 0 {
			out, rest = append(out, '&'), rest[1:]
			continue
		}
		out, rest = utf8.AppendRune(out, c), rest[end+1:]
	}
	return out
}

func entity(s string) rune {
	switch s {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	base := 10
	if len(s) < 2 || s[0] != '#' {
		return 0
	}
	if s = s[1:]; s[0] == 'x' {
		s, base = s[1:], 16
	}
	n, err := strconv.ParseUint(s, base, 21)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0
	}
	return rune(n)
}

func early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
