package list

import (
	"slices"
	"strings"

	"github.com/selvedge/selvedge/identifier"
)

// ReasonProbe is an identifier that is a probe: it is diagnosed, and reaches
// nobody.
const ReasonProbe identifier.Reason = "probe"

// ProbeResult says how many times a probe stands in a list, hashed by one recipe.
type ProbeResult struct {
	Probe  string `json:"probe"`
	Recipe Recipe `json:"recipe"`
	Count  int64  `json:"count"`
}

// mergeProbe counts a probe.
func mergeProbe(to []ProbeResult, p ProbeResult) []ProbeResult {
	i, found := slices.BinarySearchFunc(to, p, func(a, b ProbeResult) int {
		if c := strings.Compare(a.Probe, b.Probe); c != 0 {
			return c
		}
		return strings.Compare(string(a.Recipe), string(b.Recipe))
	})
	if !found {
		return slices.Insert(to, i, p)
	}
	to[i].Count += p.Count
	return to
}

// Finding is something about a list that keeps it from matching, or may. It is
// found in the list alone: in how its values are written, and in its probes.
type Finding struct {
	Finding string `json:"finding"` // a stable word
	Probe   string `json:"probe,omitempty"`
	Count   int64  `json:"count"` // of identifiers
	Text    string `json:"text"`  // what to do
}

// Diagnose returns the findings about a list: those of its writing first. It looks
// at nothing but the report, which depends on the list alone, and at what was
// declared: no row is diagnosed by whom it matches.
func Diagnose(r Report, d Declaration) []Finding {
	out := []Finding{}
	refused := func(word string, reasons ...identifier.Reason) {
		var n int64
		for _, f := range r.Refused {
			if slices.Contains(reasons, f.Reason) {
				n += f.Count
			}
		}
		if n > 0 {
			out = append(out, Finding{word, "", n, findingText[word]})
		}
	}
	refused("other_hash", identifier.ReasonMD5, identifier.ReasonSHA1, identifier.ReasonSHA512)
	refused("damaged_hash", identifier.ReasonBadHashLength, identifier.ReasonNotHash)
	refused("encoded_twice", identifier.ReasonBase64OfHex, identifier.ReasonHexOfHex)
	refused("national_numbers", identifier.ReasonNoCountry, ReasonUnknownCountry)
	refused("spreadsheet_damage", identifier.ReasonExcel)
	if word := ruleFinding(d.HashRules); word != "" && r.Hashed > 0 {
		out = append(out, Finding{word, "", r.Hashed, findingText[word]})
	}
	for _, p := range r.Probes {
		out = append(out, Finding{"probe_" + string(p.Recipe), p.Probe, p.Count, recipeText[p.Recipe]})
	}
	return out
}

// ruleFinding says what hashes by a platform's rules cannot meet.
func ruleFinding(rules HashRules) string {
	switch rules {
	case RulesAmazon:
		return "rules_delete_characters"
	case RulesLiveRamp:
		return "rules_other_numbers"
	case "", RulesOther, RulesGoogle, RulesUID2:
		return ""
	default:
		return "rules_keep_gmail_dots"
	}
}

var findingText = map[string]string{
	"other_hash":              "These have the lengths of MD5, SHA-1 or SHA-512. Hash with SHA-256.",
	"damaged_hash":            "These are hashes that lost or gained characters. Export them again, as text.",
	"encoded_twice":           "These are hashes whose text was encoded once more. Send the 64 hexadecimal characters, or base64 of the 32 bytes.",
	"national_numbers":        "These numbers have no country code. Write it, or send default_region or a column of countries.",
	"spreadsheet_damage":      "A spreadsheet has cut digits off these numbers. Format the column as text and export again.",
	"rules_keep_gmail_dots":   "Hashed by these rules, a Gmail address with other dots or another tag than the person uses here does not match.",
	"rules_delete_characters": "Hashed by these rules, addresses with a +, an underscore or letters beyond ASCII do not match. Hash them trimmed and in lower case.",
	"rules_other_numbers":     "Hashed by these rules, phone numbers do not match: they lack the country code. Hash +, country code and number.",
}

var recipeText = map[Recipe]string{
	InTheClear:      "The probe was not hashed, and was understood.",
	Right:           "The probe was hashed as it should be.",
	AsWritten:       "The probe was hashed as it is written. Trim addresses and write them in lower case; write numbers as + and digits.",
	NotLowered:      "The probe was not written in lower case before it was hashed.",
	Uppered:         "The probe was written in upper case before it was hashed. Use lower case.",
	NotTrimmed:      "White space around the probe was hashed with it.",
	LineFeed:        "A line feed was hashed with the probe: echo adds one, printf does not.",
	LineEnd:         "A carriage return and a line feed were hashed with the probe.",
	Quoted:          "Quotes were hashed with the probe.",
	UTF16:           "The probe was hashed as UTF-16, as databases do with wide text. Convert it to UTF-8 first.",
	TwiceLower:      "The probe was hashed twice: one of two programs takes the hash for an address.",
	TwiceUpper:      "The probe was hashed twice, the first hash in upper case.",
	TwiceRaw:        "The probe was hashed twice, the 32 bytes of the first hash.",
	TwiceBase64:     "The probe was hashed twice, the first hash in base64.",
	NoDots:          "Dots were taken out before the @, at a domain where they count.",
	NoTag:           "What follows a + was taken out, at a domain where it counts.",
	NoDotsNoTag:     "Dots and what follows a + were taken out, at a domain where they count.",
	NoDotsNoPlus:    "Dots and the + itself were taken out before the @. Leave both.",
	Amazon:          "Characters that some platforms do not take were taken out of the probe.",
	FirstDot:        "The first dot was taken out of the probe.",
	ZeroZero:        "The number was hashed with 00 for the +.",
	International:   "The number was hashed with 011 for the +.",
	National:        "The number was hashed without its country code.",
	NationalTrunk:   "The number was hashed without its country code, as it is dialled in its country.",
	CodeAndTrunk:    "The number was hashed with the country code and the 0 that is dialled in its country.",
	TrailingDecimal: "The number was hashed with .0 behind it, as a spreadsheet writes it.",
	WrongColumn:     "A probe number stands among addresses, or a probe address among numbers.",
}
