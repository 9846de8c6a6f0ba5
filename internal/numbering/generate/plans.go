package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// plan is one region's numbering plan, with states of the automata.
type plan struct {
	id   string // ISO 3166, or 001 for a code of no country
	code int
	main int // the plan that is asked about numbers with this code

	dialOut, prefix, national int // states
	insert                    string
	lengths, local            uint32 // a bit for each length
}

// tables is what the product gets.
type tables struct {
	plans  []plan // the first is none
	states []state
	leads  [1000]int // plans by the first three digits of an international number
	deep   int       // the most digits that can go before the national number
}

// transform is the shape of every rule that rewrites a number: digits, then what
// the last group of the prefix has matched.
var transform = regexp.MustCompile(`^(\d{0,4})\$(\d)$`)

// bits of lengths there are; the longest national number has 17 digits.
const bits = 32

// compileAll makes the tables from the library's metadata. Whatever the product
// does not expect in it is an error, so that a new version of the library cannot
// bring it in unseen.
func compileAll() (*tables, error) {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil, err
	}
	list := slices.Clone(all.GetMetadata())
	slices.SortFunc(list, func(a, b *phonenumbers.PhoneMetadata) int {
		return cmp.Or(cmp.Compare(a.GetId(), b.GetId()), cmp.Compare(a.GetCountryCode(), b.GetCountryCode()))
	})
	c := &compiler{states: make([]state, 1)}
	t := &tables{plans: make([]plan, 1)}
	for _, m := range list {
		p, err := c.plan(m)
		if err != nil {
			return nil, fmt.Errorf("%s +%d: %w", m.GetId(), m.GetCountryCode(), err)
		}
		t.plans = append(t.plans, p)
	}
	if len(t.plans) > 1<<8 {
		return nil, errors.New("there are more plans than a byte counts")
	}
	if err := t.findMain(); err != nil {
		return nil, err
	}
	if err := t.findDeepest(c); err != nil {
		return nil, err
	}
	starts := []int{}
	for _, p := range t.plans {
		starts = append(starts, p.dialOut, p.prefix, p.national)
	}
	states, moved := c.minimise(starts)
	t.states = states
	for i := range t.plans {
		p := &t.plans[i]
		p.dialOut, p.prefix, p.national = moved[p.dialOut], moved[p.prefix], moved[p.national]
	}
	return t, nil
}

// plan compiles one region's metadata.
func (c *compiler) plan(m *phonenumbers.PhoneMetadata) (plan, error) {
	p := plan{id: m.GetId(), code: int(m.GetCountryCode())}
	desc := m.GetGeneralDesc()
	var err error
	if p.lengths, err = lengthBits(desc.GetPossibleLength()); err != nil {
		return p, err
	}
	if p.local, err = lengthBits(desc.GetPossibleLengthLocalOnly()); err != nil {
		return p, err
	}
	if p.lengths == 0 || p.lengths&p.local != 0 || desc.GetNationalNumberPattern() == "" {
		return p, errors.New("no lengths, no pattern, or one length of two kinds")
	}
	if p.national, err = c.compile("(?:"+desc.GetNationalNumberPattern()+")$", 0); err != nil {
		return p, err
	}
	if idd := m.GetInternationalPrefix(); idd != "" {
		if p.dialOut, err = c.compile(idd, 0); err != nil {
			return p, err
		}
	}
	pattern, rule := m.GetNationalPrefixForParsing(), m.GetNationalPrefixTransformRule()
	if pattern == "" {
		return p, nil
	}
	group := 0
	if rule != "" {
		group = strings.Count(pattern, "(") - strings.Count(pattern, "(?:")
		parts := transform.FindStringSubmatch(rule)
		if parts == nil || parts[2] != fmt.Sprint(group) {
			return p, fmt.Errorf("the rule %q is no digits before the last group", rule)
		}
		p.insert = parts[1]
	}
	p.prefix, err = c.compile(pattern, group)
	return p, err
}

func lengthBits(lengths []int32) (uint32, error) {
	b := uint32(0)
	for _, n := range lengths {
		if n < 1 || n >= bits {
			return 0, fmt.Errorf("a length of %d", n)
		}
		b |= 1 << n
	}
	return b, nil
}

// findMain finds the main plan of each country code.
func (t *tables) findMain() error {
	for i := range t.plans[1:] {
		p := &t.plans[i+1]
		regions := phonenumbers.GetRegionCodesForCountryCode(p.code)
		if len(regions) == 0 || !slices.Contains(regions, p.id) {
			return fmt.Errorf("+%d does not lead to %s", p.code, p.id)
		}
		p.main = slices.IndexFunc(t.plans, func(q plan) bool { return q.code == p.code && q.id == regions[0] })
		if p.main < 1 {
			return fmt.Errorf("+%d has no main plan", p.code)
		}
	}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		i := slices.IndexFunc(t.plans, func(q plan) bool { return q.code == code })
		if i < 1 {
			return fmt.Errorf("+%d has no plan", code)
		}
	}
	for lead := 100; lead < 1000; lead++ {
		for _, code := range []int{lead / 100, lead / 10, lead} {
			i := slices.IndexFunc(t.plans, func(q plan) bool { return q.code == code })
			if i > 0 {
				t.leads[lead] = t.plans[i].main
				break
			}
		}
	}
	for i, p := range t.plans[1:] {
		if supported := phonenumbers.GetSupportedRegions()[p.id]; supported == (p.id == "001") {
			return fmt.Errorf("plan %d of %s: that it is a region is %t", i, p.id, supported)
		}
	}
	return nil
}

// findDeepest adds up the most that can stand before a national number: what one
// dials for abroad, a country code, and a national prefix twice.
func (t *tables) findDeepest(c *compiler) error {
	out, prefix := 0, 0
	for _, p := range t.plans[1:] {
		d, err := c.depth(p.dialOut)
		if err != nil {
			return err
		}
		out = max(out, d)
		if d, err = c.depth(p.prefix); err != nil {
			return err
		}
		prefix = max(prefix, d)
		if _, err := c.depth(p.national); err != nil {
			return err
		}
	}
	t.deep = out + 3 + 2*prefix
	return nil
}
