package list

import (
	"slices"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
)

// Consent is what a person has said, as the sender reports it. The words are kept
// in databases and never change; the zero Consent is no word at all, which is no
// consent.
type Consent string

// The consents.
const (
	Granted Consent = "granted"
	Denied  Consent = "denied"
)

// Consents are the two consents that a row needs: that the person's data may be
// sent to the platform for advertising, and that it may be used to choose what they are
// shown. The fields are those of other platforms' lists, so that a connector's
// rows fit.
type Consents struct {
	AdUserData        Consent `json:"ad_user_data,omitempty" enum:"granted,denied"`
	AdPersonalization Consent `json:"ad_personalization,omitempty" enum:"granted,denied"`
}

// ParseConsent reads a consent as senders write it, in any case: granted and
// denied, with CONSENT_ before them or not. Unspecified and blank are the zero
// Consent. It is not ok for anything else: a yes or a 1 might be anything.
func ParseConsent(text string) (c Consent, ok bool) {
	s := strings.ToLower(strings.Trim(text, " \t\u00a0\ufeff\"'"))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "consent_"), "status_")
	switch c := Consent(s); c {
	case Granted, Denied, "":
		return c, true
	}
	return "", s == "unspecified" || s == "unknown"
}

// over returns the consents of a row whose list says c: of each field what the row
// says, if it says anything.
func (c Consents) over(row Consents) Consents {
	if row.AdUserData != "" {
		c.AdUserData = row.AdUserData
	}
	if row.AdPersonalization != "" {
		c.AdPersonalization = row.AdPersonalization
	}
	return c
}

// check returns a CodeInvalid error for a word that is none.
func (c Consents) check() error {
	for field, word := range map[string]Consent{"ad_user_data": c.AdUserData, "ad_personalization": c.AdPersonalization} {
		if word != "" && word != Granted && word != Denied {
			return selvedge.Errorf(selvedge.CodeInvalid, "say granted or denied").At(field).Because("bad_consent")
		}
	}
	return nil
}

// Countries are countries of ISO 3166, two letters each, ascending.
type Countries []string

// ParseCountries reads countries as countryOf does. It returns a CodeInvalid error
// for a word that names none.
func ParseCountries(words []string) (Countries, error) {
	var out Countries
	for _, w := range words {
		code := countryOf(w)
		if code == "" || code == noCountry {
			return nil, selvedge.Errorf(selvedge.CodeInvalid, "name countries by two letters of ISO 3166, such as US").At("consent_free").Because("bad_country")
		}
		out = append(out, code)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// The reasons for which a row is left out before anything in it is looked at.
const (
	ReasonNoConsent     identifier.Reason = "no_consent"     // nobody says that the person agreed
	ReasonConsentDenied identifier.Reason = "consent_denied" // the person did not
	ReasonBadConsent    identifier.Reason = "bad_consent"    // a word that is neither
)

// consentRule decides about rows. It looks at the row and the list alone, never
// at who is on the platform.
type consentRule struct {
	list Consents
	free Countries // whose rows need none, by the operator's word
}

// refuses returns why a row is left out, Accepted if it is not. The country is the
// row's own or else the list's, "" if it is not known: then consent is needed. A
// denial counts everywhere.
func (r consentRule) refuses(row Consents, country string) identifier.Reason {
	c := r.list.over(row)
	switch {
	case c.AdUserData == Denied || c.AdPersonalization == Denied:
		return ReasonConsentDenied
	case c.AdUserData == Granted && c.AdPersonalization == Granted:
		return identifier.Accepted
	case country != "" && slices.Contains(r.free, country):
		return identifier.Accepted
	default:
		return ReasonNoConsent
	}
}

// missing returns a CodeInvalid error for a list of which no row can count:
// because the list does not say that its people agreed, its rows cannot, and there
// is no country where that is not needed; or because it says that they did not.
func (r consentRule) missing(rowsSay Consents) error {
	for _, f := range []struct {
		field     string
		list, row Consent
	}{
		{"ad_user_data", r.list.AdUserData, rowsSay.AdUserData},
		{"ad_personalization", r.list.AdPersonalization, rowsSay.AdPersonalization},
	} {
		switch {
		case f.row != "" || f.list == Granted:
		case f.list == Denied:
			return selvedge.Errorf(selvedge.CodeInvalid, "the list says that its people have not agreed; nothing of it was taken").At(f.field).Because(string(ReasonConsentDenied))
		case len(r.free) == 0:
			return selvedge.Errorf(selvedge.CodeInvalid, "say granted if the people of the list have agreed, or send a column of this name; nothing of the list was taken").
				At(f.field).Because(string(ReasonNoConsent))
		}
	}
	return nil
}
