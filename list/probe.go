package list

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"sync"

	"github.com/selvedge/selvedge/identifier"
)

// Probe is an address or a number that belongs to nobody and never will: an
// advertiser puts it among the rows from which a list is made, and its hash tells
// how the list was hashed. The addresses are of domains that RFC 2606 reserves,
// the numbers of ranges that Ofcom and the North American plan keep for fiction.
type Probe struct {
	Name string
	Kind identifier.Kind
	Text string // to the byte
}

// Probes are all probes. They are published (docs/doctor.md) and never change.
func Probes() []Probe {
	return []Probe{
		{"email-1", identifier.Email, "Selvedge.Probe+Tag_1@Example.COM"},
		{"email-2", identifier.Email, " selvedge.probe@example.org "},
		{"email-3", identifier.Email, "S.el.vedge+Tag@Gmail.Example"},
		{"phone-1", identifier.Phone, "+44 7700 900918"},
		{"phone-2", identifier.Phone, "(212) 555-0188"},
	}
}

// Recipe says how a probe was hashed. The words are part of reports and never
// change.
type Recipe string

// The recipes.
const (
	InTheClear      Recipe = "clear" // it was not hashed
	Right           Recipe = "right"
	AsWritten       Recipe = "as_written" // nothing was done before
	NotLowered      Recipe = "not_lowered"
	Uppered         Recipe = "upper_case"
	NotTrimmed      Recipe = "not_trimmed"
	LineFeed        Recipe = "line_feed" // a line end was hashed with it
	LineEnd         Recipe = "carriage_return"
	Quoted          Recipe = "quoted"
	UTF16           Recipe = "utf16"
	TwiceLower      Recipe = "twice" // the hash, in hexadecimal, was hashed again
	TwiceUpper      Recipe = "twice_upper"
	TwiceRaw        Recipe = "twice_raw"
	TwiceBase64     Recipe = "twice_base64"
	NoDots          Recipe = "no_dots" // at a domain where they count
	NoTag           Recipe = "no_tag"
	NoDotsNoTag     Recipe = "no_dots_no_tag"
	NoDotsNoPlus    Recipe = "no_dots_no_plus"
	Amazon          Recipe = "amazon"
	FirstDot        Recipe = "first_dot"
	ZeroZero        Recipe = "zero_zero"
	International   Recipe = "international_prefix" // 011
	National        Recipe = "national"
	NationalTrunk   Recipe = "national_with_zero"
	CodeAndTrunk    Recipe = "code_with_zero"
	TrailingDecimal Recipe = "decimal"
	WrongColumn     Recipe = "wrong_column" // a number among addresses, or the other way
)

// text returns what a recipe hashes of a probe, "" for one that does not apply.
type hashing struct {
	recipe Recipe
	of     func(text string) string
}

// emailHashings are how senders hash an address, the right way first.
var emailHashings = []hashing{
	{Right, rightEmail},
	{NotLowered, strings.TrimSpace},
	{Uppered, func(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }},
	{NotTrimmed, strings.ToLower},
	{AsWritten, func(s string) string { return s }},
	{LineFeed, func(s string) string { return rightEmail(s) + "\n" }},
	{LineEnd, func(s string) string { return rightEmail(s) + "\r\n" }},
	{Quoted, func(s string) string { return `"` + rightEmail(s) + `"` }},
	{UTF16, func(s string) string { return wide(rightEmail(s)) }},
	{TwiceLower, func(s string) string { return hexOf(rightEmail(s)) }},
	{TwiceUpper, func(s string) string { return strings.ToUpper(hexOf(rightEmail(s))) }},
	{TwiceRaw, func(s string) string { return rawOf(rightEmail(s)) }},
	{TwiceBase64, func(s string) string { return base64.StdEncoding.EncodeToString([]byte(rawOf(rightEmail(s)))) }},
	{NoDots, local(func(s string) string { return strings.ReplaceAll(s, ".", "") })},
	{NoTag, local(untagged)},
	{NoDotsNoTag, local(func(s string) string { return strings.ReplaceAll(untagged(s), ".", "") })},
	{NoDotsNoPlus, local(strings.NewReplacer(".", "", "+", "").Replace)},
	{Amazon, func(s string) string { return strings.Map(amazonRune, rightEmail(s)) }},
	{FirstDot, local(func(s string) string { return strings.Replace(s, ".", "", 1) })},
}

// dialled is a probe number in parts.
type dialled struct{ code, trunk, national string }

var dialledProbes = map[string]dialled{"phone-1": {"44", "0", "7700900918"}, "phone-2": {"1", "1", "2125550188"}}

// phoneHashings are how senders hash a number, in the order in which they are
// tried.
func (d dialled) hashings(text string) []hashing {
	say := func(s string) func(string) string { return func(string) string { return s } }
	full := d.code + d.national
	out := []hashing{
		{Right, say("+" + full)},
		{Right, say(full)},
		{AsWritten, say(text)},
		{ZeroZero, say("00" + full)},
		{International, say("011" + full)},
		{National, say(d.national)},
		{NationalTrunk, say(d.trunk + d.national)},
		{CodeAndTrunk, say("+" + d.code + d.trunk + d.national)},
		{CodeAndTrunk, say(d.code + d.trunk + d.national)},
		{TrailingDecimal, say(full + ".0")},
	}
	for _, s := range []string{"+" + full, full} {
		out = append(out,
			hashing{LineFeed, say(s + "\n")}, hashing{LineEnd, say(s + "\r\n")}, hashing{Quoted, say(`"` + s + `"`)}, hashing{UTF16, say(wide(s))},
			hashing{TwiceLower, say(hexOf(s))}, hashing{TwiceUpper, say(strings.ToUpper(hexOf(s)))}, hashing{TwiceRaw, say(rawOf(s))},
			hashing{TwiceBase64, say(base64.StdEncoding.EncodeToString([]byte(rawOf(s))))})
	}
	return out
}

func rightEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// local applies a change to what stands before the @.
func local(change func(string) string) func(string) string {
	return func(s string) string {
		l, domain, _ := strings.Cut(rightEmail(s), "@")
		return change(l) + "@" + domain
	}
}

func untagged(l string) string { l, _, _ = strings.Cut(l, "+"); return l }

// amazonRune leaves what formatters for Amazon leave.
func amazonRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune(".@-", r) {
		return r
	}
	return -1
}

func rawOf(s string) string { sum := sha256.Sum256([]byte(s)); return string(sum[:]) }

func hexOf(s string) string { return hex.EncodeToString([]byte(rawOf(s))) }

// wide is ASCII text in UTF-16, little-endian, as some databases keep it.
func wide(s string) string {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return string(b)
}

// probed is what a hash tells of a probe.
type probed struct {
	probe  string
	class  identifier.Class
	recipe Recipe
}

// probeTable has every hash of every probe.
type probeTable struct {
	of   map[identifier.Digest]probed
	some [1 << 16 / 64]uint64 // the first 16 bits of each: nearly every hash ends there
}

var probes = sync.OnceValue(func() *probeTable {
	t := &probeTable{of: map[identifier.Digest]probed{}}
	for _, p := range Probes() {
		hashings := emailHashings
		if p.Kind == identifier.Phone {
			hashings = dialledProbes[p.Name].hashings(p.Text)
		}
		for _, h := range hashings {
			t.add(sha256.Sum256([]byte(h.of(p.Text))), probed{p.Name, p.Kind.Class(), h.recipe})
		}
	}
	return t
})

// add adds a hash, unless another recipe has it: the first one that explains it is
// the simplest.
func (t *probeTable) add(d identifier.Digest, p probed) {
	if _, there := t.of[d]; there {
		return
	}
	t.of[d] = p
	n := uint16(d[0])<<8 | uint16(d[1])
	t.some[n/64] |= 1 << (n % 64)
}

// may says whether a hash may be a probe's: of others than probes, one in some
// hundreds.
func (t *probeTable) may(d *identifier.Digest) bool {
	n := uint16(d[0])<<8 | uint16(d[1])
	return t.some[n/64]&(1<<(n%64)) != 0
}

// probe returns what a cell tells if it is a probe.
func (t *probeTable) probe(c *identifier.Cell) (p probed, ok bool) {
	if !t.may(&c.Identity.Digest) {
		return probed{}, false
	}
	if p, ok = t.of[c.Identity.Digest]; !ok {
		return probed{}, false
	}
	switch {
	case !c.Hashed:
		p.recipe = InTheClear
	case c.Identity.Class != p.class:
		p.recipe = WrongColumn
	}
	return p, true
}
