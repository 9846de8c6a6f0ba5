package list

import (
	"slices"
	"strconv"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
)

// Format is what the rows of a list are written in. The words are kept in
// databases and never change; as an option, "" means that the file tells.
type Format string

// The formats.
const (
	CSV     Format = "csv" // rows are lines, with a separator between cells or none
	NDJSON  Format = "ndjson"
	XLSX    Format = "xlsx"
	Parquet Format = "parquet"
)

// Encoding is how the text of a list is written. The words never change; as an
// option, "" means that the file tells.
type Encoding string

// The encodings.
const (
	UTF8    Encoding = "utf-8"
	UTF16LE Encoding = "utf-16le"
	UTF16BE Encoding = "utf-16be"
	Windows Encoding = "windows-1252"
)

// Presence says whether a list has a header; "" means that its first row tells.
type Presence string

// The presences.
const (
	HasHeader Presence = "yes"
	NoHeader  Presence = "no"
)

// Role is what a column holds.
type Role string

// The roles. The first two are the words of identifier.Kind, the last two those of
// Consents.
const (
	RoleEmail             Role = "email"
	RolePhone             Role = "phone"
	RoleCountry           Role = "country"
	RoleAdUserData        Role = "ad_user_data"
	RoleAdPersonalization Role = "ad_personalization"
)

// Choice says what one column holds.
type Choice struct {
	Number int    // from 1; 0 if the column is named
	Name   string // as the header has it; case and everything but letters and digits are not looked at
	Role   Role
}

// Options are what the sender says about a list. What is not said is read from
// the file, and the Report says what was found.
type Options struct {
	// DefaultRegion is the ISO 3166 country of the phone numbers that are
	// written without a country code. If it is empty, they are refused. A row
	// with a country of its own is of that.
	DefaultRegion string

	Format   Format
	Encoding Encoding // of a text
	// Separator is one of Separators, or "none": each line of a CSV is one value.
	Separator string
	Header    Presence
	// Columns are the columns that are read, and no other: none means those that
	// are named as ours.
	Columns []Choice

	Declaration
}

// NoSeparator is the Separator of a list with one value on each line.
const NoSeparator = "none"

// separators are tried in this order: of two that are equally frequent the
// earlier one wins.
var separators = []byte{',', ';', '\t', '|'}

// check returns an error for a word that is none.
func (o *Options) check() error {
	if err := checkRegion(o.DefaultRegion); err != nil {
		return err
	}
	bad := func(field, words string) error {
		return selvedge.Errorf(selvedge.CodeInvalid, "say %s", words).At(field)
	}
	if !slices.Contains([]Format{"", CSV, NDJSON, XLSX, Parquet}, o.Format) {
		return bad("format", "csv, ndjson, xlsx or parquet")
	}
	if !slices.Contains([]Encoding{"", UTF8, UTF16LE, UTF16BE, Windows}, o.Encoding) {
		return bad("encoding", "utf-8, utf-16le, utf-16be or windows-1252")
	}
	if !slices.Contains([]Presence{"", HasHeader, NoHeader}, o.Header) {
		return bad("header", "yes or no")
	}
	if o.Separator != "" && o.Separator != NoSeparator && (len(o.Separator) != 1 || !slices.Contains(separators, o.Separator[0])) {
		return bad("separator", "a comma, a semicolon, a tab, a pipe or none")
	}
	for _, c := range o.Columns {
		if err := c.check(); err != nil {
			return err
		}
	}
	return o.Declaration.check()
}

// checkRegion returns an error unless the region is empty or one that identifier
// takes as a default country.
func checkRegion(region string) error {
	if region == "" {
		return nil
	}
	if _, reason := identifier.Read(identifier.Phone, "5550100", region); reason != identifier.ReasonBadRegion {
		return nil
	}
	return selvedge.Errorf(selvedge.CodeInvalid, "not a country; give its two ISO 3166 letters, such as GB").At("default_region")
}

// ParseChoice reads a Choice as text: the number or the name of a column, a colon,
// and its role. It returns a CodeInvalid error, Field "columns", for anything else.
func ParseChoice(text string) (Choice, error) {
	at := strings.LastIndexByte(text, ':')
	if at < 1 {
		return Choice{}, badChoice()
	}
	c := Choice{Name: text[:at], Role: Role(text[at+1:])}
	if n, err := strconv.Atoi(c.Name); err == nil {
		c.Number, c.Name = n, ""
	}
	return c, c.check()
}

func (c Choice) check() error {
	if !slices.Contains([]Role{RoleEmail, RolePhone, RoleCountry, RoleAdUserData, RoleAdPersonalization}, c.Role) || c.Number < 0 || (c.Number > 0) == (plainName(c.Name) != "") {
		return badChoice()
	}
	return nil
}

func badChoice() error {
	return selvedge.Errorf(selvedge.CodeInvalid,
		"say the number or the name of each column, a colon, and email, phone, country, ad_user_data or ad_personalization").At("columns").Because("bad_column")
}

// String returns the text that ParseChoice reads.
func (c Choice) String() string {
	if c.Number > 0 {
		return strconv.Itoa(c.Number) + ":" + string(c.Role)
	}
	return c.Name + ":" + string(c.Role)
}
