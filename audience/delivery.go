package audience

import (
	"net/url"
	"strconv"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
)

// listOptions reads what the sender says about a list. The words are checked where
// the list is read.
func listOptions(q url.Values) (list.Options, error) {
	o := list.Options{
		DefaultRegion: q.Get("default_region"), Format: list.Format(q.Get("format")), Encoding: list.Encoding(q.Get("encoding")),
		Separator: q.Get("separator"), Header: list.Presence(q.Get("header")),
		Declaration: list.Declaration{
			Source: list.Source(q.Get("source")), HashRules: list.HashRules(q.Get("hash_rules")),
			Consents: list.Consents{AdUserData: consentIn(q.Get("ad_user_data")), AdPersonalization: consentIn(q.Get("ad_personalization"))},
		},
	}
	if s, ok := separatorNames[o.Separator]; ok {
		o.Separator = s
	}
	for _, text := range q["columns"] {
		c, err := list.ParseChoice(text)
		if err != nil {
			return list.Options{}, err
		}
		o.Columns = append(o.Columns, c)
	}
	return o, nil
}

// consentIn reads a consent in whatever case; what is none is for the list to refuse.
func consentIn(word string) list.Consent {
	if c, ok := list.ParseConsent(word); ok {
		return c
	}
	return list.Consent(word)
}

// ParseDelivery reads what the sender of an upload says about it, in the words that
// every door has. It returns a CodeInvalid error for columns, a time or a number
// that are none; other words are checked where the list is read.
func ParseDelivery(q url.Values) (d Delivery, err error) {
	if d.Options, err = listOptions(q); err != nil {
		return Delivery{}, err
	}
	d.Label = q.Get("label")
	if text := q.Get("expires_at"); text != "" {
		if d.ExpiresAt, err = time.Parse(time.RFC3339, text); err != nil {
			return Delivery{}, selvedge.Errorf(selvedge.CodeInvalid, "give the time as RFC 3339 has it, such as 2027-01-31T00:00:00Z").At("expires_at").Because("not_a_time")
		}
	}
	if text := q.Get("terms_version"); text != "" {
		if d.Terms, err = strconv.ParseInt(text, 10, 64); err != nil || d.Terms < 1 {
			return Delivery{}, selvedge.Errorf(selvedge.CodeInvalid, "give the number of the version").At("terms_version").Because("not_a_number")
		}
	}
	return d, nil
}

// Values is what ParseDelivery reads.
func (d Delivery) Values() url.Values {
	q := url.Values{}
	var expires, terms string
	if !d.ExpiresAt.IsZero() {
		expires = d.ExpiresAt.Format(time.RFC3339Nano)
	}
	if d.Terms != 0 {
		terms = strconv.FormatInt(d.Terms, 10)
	}
	o := d.Options
	for name, value := range map[string]string{
		"default_region": o.DefaultRegion, "format": string(o.Format), "encoding": string(o.Encoding),
		"separator": o.Separator, "header": string(o.Header), "ad_user_data": string(o.AdUserData), "ad_personalization": string(o.AdPersonalization),
		"source": string(o.Source), "hash_rules": string(o.HashRules), "expires_at": expires, "terms_version": terms, "label": d.Label,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for _, c := range o.Columns {
		q.Add("columns", c.String())
	}
	return q
}

// separatorNames are separators as they are easier to write in a URL.
var separatorNames = map[string]string{"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
