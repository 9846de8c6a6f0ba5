package list

import (
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/unpack"
)

// MaxRefusedRows is how many row numbers a Refusal names.
const MaxRefusedRows = 20

// The reasons that this package adds to those of identifier. Like them they are
// stable words.
const (
	// ReasonBadQuotes is a row whose quotes cannot be read: one inside a cell
	// that is not quoted, or one after which a quoted cell goes on.
	ReasonBadQuotes identifier.Reason = "bad_quotes"
	// ReasonBadText is a cell that is not valid UTF-8.
	ReasonBadText identifier.Reason = "bad_text"
	// ReasonBadJSON is a line of NDJSON that is no JSON object.
	ReasonBadJSON identifier.Reason = "bad_json"
	// ReasonUnknownCountry is a number without a country code in a row whose
	// country is not known.
	ReasonUnknownCountry identifier.Reason = "unknown_country"
)

// RepeatedFrom is how often a value stands in a list before Report.Repeated counts
// it.
const RepeatedFrom = 100

// ReasonText returns a sentence that a sender can act on, for the reasons of
// this package and of identifier. It names no value.
func ReasonText(r identifier.Reason) string {
	switch r {
	case ReasonBadQuotes:
		return `The quotes in this row cannot be read. Put the whole cell in quotes, and write a quote inside it twice ("").`
	case ReasonBadText:
		return "This cell is not valid UTF-8. Save the file as CSV UTF-8, or say what its encoding is."
	case ReasonBadJSON:
		return "This line is no JSON object. Write one object on each line."
	case ReasonUnknownCountry:
		return "The number has no country code, and the country of its row is not known. Write two or three letters of ISO 3166, such as GB, or the country code."
	case ReasonNoConsent:
		return "Nobody says that the person has agreed: send ad_user_data and ad_personalization as granted, for the list or in the row."
	case ReasonConsentDenied:
		return "The person has not agreed. Leave the row out."
	case ReasonBadConsent:
		return "This is no word for a consent. Write granted or denied."
	case ReasonProbe:
		return "This is a probe, which belongs to nobody: the diagnosis says how it was hashed."
	case ReasonExternalAlone:
		return "An own id adds nobody by itself: send an e-mail address or a phone number beside it."
	case ReasonBadExternal:
		return "An own id has at most 256 bytes."
	case ReasonTooMany:
		return "A member has at most 64 addresses and numbers."
	default:
		return r.Text()
	}
}

// Tally counts rows or identifiers. Each is counted in Read and in exactly one
// of the other four, so that Read = Used + Empty + Duplicate + Refused.
//
// An identifier is one cell of an identifier column, or one of several values in
// it; a row that ends before the column has an empty one. It is
//
//   - Empty if it is blank, a placeholder, or the hash of one;
//   - Refused if it could not be understood, for a reason that the report names;
//   - Duplicate if it stands in the list before, in an earlier row or further
//     left, in any column of its kind and in any spelling that means the same;
//   - Used otherwise: the first of its kind.
//
// A row is
//
//   - Used if at least one of its identifiers is used;
//   - Duplicate if it has an identifier that was understood, but none is used;
//   - Refused if none was understood, and at least one was refused;
//   - Empty otherwise. A blank line is an empty row.
//
// A row whose quotes or JSON cannot be read, and one that lacks a consent, is
// refused with as many refused identifiers as the list has identifier columns:
// nobody can say, or looks, which of its cells were filled. One that lacks a
// consent and has nothing else either is empty. So Identifiers.Read is always Rows.Read times the number of
// columns, and Split more.
type Tally struct {
	Read      int64 `json:"read"`
	Used      int64 `json:"used"`
	Empty     int64 `json:"empty"`
	Duplicate int64 `json:"duplicate"`
	Refused   int64 `json:"refused"`
}

// Column is a column that identifiers were read from.
type Column struct {
	Number int    `json:"number"` // from 1, in the file's order
	Kind   string `json:"kind"`   // the Kind's String: "email" or "phone"
}

// Refusal says how many identifiers were refused for one reason.
type Refusal struct {
	Reason identifier.Reason `json:"reason"`
	Count  int64             `json:"count"` // identifiers, not rows
	// Rows are the first rows concerned, ascending, each once, at most
	// MaxRefusedRows. They are numbered as a spreadsheet numbers them: from 1,
	// header, comment lines and blank lines included.
	Rows []int64 `json:"rows"`
}

// Report says what became of every row and every identifier of a list. It
// depends on the upload alone, never on who is on the platform, and it holds no
// value and no column name from it: both may be personal data.
type Report struct {
	// Format, Compression, Encoding and Separator say how the file was read. They
	// are empty where there is nothing to say, such as for a batch of members.
	Format      Format             `json:"format,omitempty"`
	Compression unpack.Compression `json:"compression,omitempty"`
	Encoding    Encoding           `json:"encoding,omitempty"`
	Separator   string             `json:"separator,omitempty"` // "none" where each line is one value
	// Sheets is how many sheets the workbook has. The first one was read.
	Sheets int `json:"sheets,omitempty"`

	Header  bool     `json:"header"` // false where the first row is a row like others
	Columns []Column `json:"columns"`
	// CountryColumn is the number of the column with the rows' countries, and the
	// others are those with their consents.
	CountryColumn           int `json:"country_column,omitempty"`
	AdUserDataColumn        int `json:"ad_user_data_column,omitempty"`
	AdPersonalizationColumn int `json:"ad_personalization_column,omitempty"`
	// Dropped is the number of other columns. They were not read.
	Dropped int `json:"dropped"`

	// Rows leaves out the header and everything before it.
	Rows        Tally `json:"rows"`
	Identifiers Tally `json:"identifiers"`

	// Clear and Hashed count the identifiers that were understood, used and
	// duplicate ones alike, by how they came.
	Clear  int64 `json:"clear"`
	Hashed int64 `json:"hashed"`
	// Repaired counts those among them that were understood only after something
	// was left out, such as a phone number's extension.
	Repaired int64 `json:"repaired"`
	// Split is how many identifiers more than cells there are, because cells hold
	// several.
	Split int64 `json:"split,omitempty"`

	// Placeholders and Repeated are warnings: they count identifiers that were
	// taken and are hardly a person's. Placeholders are addresses and numbers that
	// people fill a form with, such as test@test.com or noreply@ anywhere. Repeated
	// are those of a value that stands in more than a thousandth of the rows, and
	// in more than RepeatedFrom.
	Placeholders int64 `json:"placeholders,omitempty"`
	Repeated     int64 `json:"repeated,omitempty"`

	// Probes are the probes that stand in the list, in the order of their names.
	// They are refused as such.
	Probes []ProbeResult `json:"probes,omitempty"`

	// Refused is in the order of the reasons' words. Its counts add up to
	// Identifiers.Refused.
	Refused []Refusal `json:"refused"`
}

// found notes which column says something, if none did before. It returns false
// if one did.
func (r *Report) found(role Role, number int) bool {
	var at *int
	switch role {
	case RoleCountry:
		at = &r.CountryColumn
	case RoleAdUserData:
		at = &r.AdUserDataColumn
	case RoleAdPersonalization:
		at = &r.AdPersonalizationColumn
	default:
		r.Columns = append(r.Columns, Column{number, string(role)})
		return true
	}
	if *at != 0 {
		return false
	}
	*at = number
	return true
}

// rowsSay returns of which consents there was a column.
func (r *Report) rowsSay() (c Consents) {
	if r.AdUserDataColumn != 0 {
		c.AdUserData = Granted
	}
	if r.AdPersonalizationColumn != 0 {
		c.AdPersonalization = Granted
	}
	return c
}
