package world

import (
	"io"
	"slices"
)

// Form says how a list's identifiers are written.
type Form string

// The forms.
const (
	InClear Form = "clear"
	Hashed  Form = "hashed"
	Mixed   Form = "mixed" // decided cell by cell
)

// Encoding says how hashes are written.
type Encoding string

// The encodings, of the 32 bytes of SHA-256.
const (
	LowerHex Encoding = "hex"
	UpperHex Encoding = "HEX"
	Base64   Encoding = "base64" // padded, standard alphabet
)

// Holds says what a column holds.
type Holds uint8

// What columns hold. Only the first two identify anybody.
const (
	HoldsEmail Holds = iota + 1
	HoldsPhone
	HoldsFirstName
	HoldsLastName
	HoldsZip
	HoldsExternalID
)

// Column is one column of a list.
type Column struct {
	Header string
	Holds  Holds
}

// ListSpec describes a list. The shares are of a thousand rows; what they leave
// of the thousand are people whom the platform does not know. Each character of
// the cast has one of the first rows.
type ListSpec struct {
	Name string
	// Purpose is what the list is matched for: that of an advertiser's own
	// list, or a partner's.
	Purpose string
	// DefaultRegion is the country of phone numbers without country code; a
	// list without one has none.
	DefaultRegion string
	Columns       []Column
	Form          Form
	Encoding      Encoding
	Rows          int
	Granted       int // people who said yes to advertising with this address
	SecurityOnly  int // people known by this address at security prompts only
	Repeats       int // people of a row shortly before, often spelled otherwise
	Junk          int // nothing that identifies anybody
}

// List is an advertiser's or partner's list. It is computed as it is read.
type List struct {
	ListSpec
	w *World
	// seed separates lists of different names.
	seed int
}

// List returns the list of a spec. Lists of one name and different specs draw
// from the same numbers.
func (w *World) List(s ListSpec) List {
	h := sum(s.Name)
	return List{ListSpec: s, w: w, seed: int(h[0])<<16 | int(h[1])<<8 | int(h[2])}
}

// maxPhones is about how many rows of a list are people known by phone, and at
// most how many further rows hold a phone number beside an e-mail address.
// There are only so many reserved numbers: more of them in one list would look
// like an enumeration of the numbering plan, and be one.
const maxPhones = 8000

// Lists returns the default lists. They grow with the number of people, at
// least to 200 rows. In each at least 30 % of the rows are people known by that
// address for security only, and each holds Ada's number.
func (w *World) Lists() []List {
	n := w.cfg.People
	of := func(part int) int { return max(n/part, 200) }
	email, phone := Column{"Email", HoldsEmail}, Column{"Phone", HoldsPhone}
	specs := []ListSpec{
		{
			Name: "harrow-outdoor", Purpose: adsAdvertiser, DefaultRegion: "US", Form: InClear, Rows: of(2),
			Columns: []Column{email, phone, {"First Name", HoldsFirstName}, {"Last Name", HoldsLastName}, {"Zip", HoldsZip}},
			Granted: 380, SecurityOnly: 340, Repeats: 30, Junk: 15,
		},
		{
			Name: "lindholm-audio", Purpose: adsAdvertiser, Form: Hashed, Encoding: LowerHex, Rows: of(2),
			Columns: []Column{{"EMAIL_SHA256", HoldsEmail}, {"PHONE_SHA256", HoldsPhone}},
			Granted: 400, SecurityOnly: 350, Repeats: 20, Junk: 5,
		},
		{
			Name: "brackwater-bank", Purpose: adsAdvertiser, DefaultRegion: "GB", Form: Mixed, Encoding: LowerHex, Rows: of(3),
			Columns: []Column{{"email", HoldsEmail}, {"phone", HoldsPhone}},
			Granted: 350, SecurityOnly: 400, Repeats: 40, Junk: 10,
		},
		{
			Name: "casa-olivo", Purpose: adsAdvertiser, Form: InClear, Rows: of(3),
			Columns: []Column{email, email, phone, {"external_id", HoldsExternalID}},
			Granted: 420, SecurityOnly: 330, Repeats: 20, Junk: 20,
		},
		{
			Name: "meridian-data", Purpose: adsPartner, Form: Hashed, Encoding: Base64, Rows: of(3),
			Columns: []Column{{"email_hash", HoldsEmail}, {"phone_hash", HoldsPhone}},
			Granted: 420, SecurityOnly: 380, Repeats: 10, Junk: 5,
		},
		{
			Name: "voss-travel", Purpose: adsAdvertiser, DefaultRegion: "DE", Form: InClear, Rows: of(3),
			Columns: []Column{{"First Name", HoldsFirstName}, {"Last Name", HoldsLastName}, {"E-mail Address", HoldsEmail}, {"Mobile", HoldsPhone}},
			Granted: 400, SecurityOnly: 340, Repeats: 30, Junk: 20,
		},
		{
			Name: "petit-phare", Purpose: adsAdvertiser, DefaultRegion: "FR", Form: Hashed, Encoding: UpperHex, Rows: of(20),
			Columns: []Column{{"email_sha256", HoldsEmail}, {"phone_sha256", HoldsPhone}},
			Granted: 300, SecurityOnly: 500, Repeats: 20, Junk: 5,
		},
		{
			Name: "quay-cycles", Purpose: adsPartner, DefaultRegion: "AU", Form: InClear, Rows: 200,
			Columns: []Column{{"phone", HoldsPhone}, {"email", HoldsEmail}},
			Granted: 300, SecurityOnly: 450, Repeats: 20, Junk: 10,
		},
	}
	out := make([]List, len(specs))
	for i, s := range specs {
		out[i] = w.List(s)
	}
	return out
}

// WriteCSV writes the list as its owner would upload it. It returns the
// writer's error.
func (l List) WriteCSV(out io.Writer) error {
	header := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		header[i] = c.Header
	}
	return writeCSV(out, header, func(put func(...string) error) error {
		line := make([]string, len(l.Columns))
		for row := range l.Contents() {
			for i, c := range row.Cells {
				line[i] = c.Text
			}
			if err := put(line...); err != nil {
				return err
			}
		}
		return nil
	})
}

// kinds says which kinds of identifier the list has columns for.
func (l *List) kinds(k Kind) bool {
	return slices.ContainsFunc(l.Columns, func(c Column) bool { return c.Holds.kind() == k })
}

func (h Holds) kind() Kind {
	switch h {
	case HoldsEmail:
		return Email
	case HoldsPhone:
		return Phone
	default:
		return ""
	}
}
