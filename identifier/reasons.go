package identifier

// Reason says why a value was not taken. It is a stable word for reports; the
// empty Reason means that the value was taken. ReasonEmpty is not a refusal:
// such a cell counts as empty.
type Reason string

// The reasons.
const (
	Accepted Reason = ""

	ReasonEmpty Reason = "empty" // blank, a placeholder such as n/a, or the hash of one

	ReasonNotEmail      Reason = "not_an_email"
	ReasonInnerSpace    Reason = "space_inside"        // white space inside, and removing it does not leave one address
	ReasonTooLong       Reason = "too_long"            // over 64 bytes before the @, or over 254 in all
	ReasonNotPhone      Reason = "not_a_phone"         // no number, or something besides one
	ReasonNoCountry     Reason = "no_country_code"     // a national number, and no default country
	ReasonImpossible    Reason = "impossible_number"   // no numbering plan has such a number
	ReasonExcel         Reason = "excel_truncated"     // digits were lost in a spreadsheet
	ReasonSeveral       Reason = "several_values"      // more than one identifier in one value
	ReasonMD5           Reason = "md5"                 // 32 hex characters
	ReasonSHA1          Reason = "sha1"                // 40 hex characters
	ReasonSHA512        Reason = "sha512"              // 128 hex characters
	ReasonBadHashLength Reason = "bad_length"          // hex or base64 that is no SHA-256
	ReasonBase64OfHex   Reason = "base64_of_hex"       // 88 characters of base64 around hex text
	ReasonHexOfHex      Reason = "hex_of_hex"          // 128 characters of hex around hex text
	ReasonNotHash       Reason = "not_a_hash"          // neither hex nor base64, where a hash was promised
	ReasonBadRegion     Reason = "bad_default_country" // the default country is no ISO 3166 code with a numbering plan
	ReasonNoKind        Reason = "no_kind"             // neither e-mail nor phone was asked for
)

// Text returns a sentence that a sender can act on. It names no value. It is
// "" for Accepted and for a word that is no Reason.
func (r Reason) Text() string { return reasonText[r] }

var reasonText = map[Reason]string{
	ReasonEmpty:         "The value is blank or a placeholder; nothing to do.",
	ReasonNotEmail:      "This is not an e-mail address; send one address, such as name@example.com.",
	ReasonInnerSpace:    "White space stands inside the value, and without it this is not one e-mail address; send one address alone.",
	ReasonTooLong:       "An e-mail address has at most 64 bytes before the @ and 254 in all; check that the columns are in the right order.",
	ReasonNotPhone:      "This is not a phone number; send digits with the country code, such as +44 and the number.",
	ReasonNoCountry:     "The number has no country code; send it as + and country code, or declare a default country for the list.",
	ReasonImpossible:    "No country has a number of this length under this code; check for lost or added digits.",
	ReasonExcel:         "A spreadsheet has rounded the number and digits are lost; format the column as text and export it again from the source.",
	ReasonSeveral:       "The value holds several addresses or numbers; send one in each column.",
	ReasonMD5:           "This has the length of an MD5 hash; only SHA-256 is matched.",
	ReasonSHA1:          "This has the length of a SHA-1 hash; only SHA-256 is matched.",
	ReasonSHA512:        "This has the length of a SHA-512 hash; only SHA-256 is matched.",
	ReasonBadHashLength: "This is not the length of a SHA-256 hash; it has 64 hexadecimal characters, or 44 in base64.",
	ReasonBase64OfHex:   "This is base64 of the hexadecimal text; send the hexadecimal text, or base64 of the 32 bytes.",
	ReasonHexOfHex:      "This is the hexadecimal text, written in hexadecimal once more; send the hexadecimal text itself.",
	ReasonNotHash:       "This is not a hash; send 64 hexadecimal characters, or 44 in base64.",
	ReasonBadRegion:     "The default country is not known; use the two letters of ISO 3166, such as GB.",
	ReasonNoKind:        "It was not said whether this is an e-mail address or a phone number; use email or phone.",
}
