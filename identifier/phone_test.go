package identifier_test

import (
	"strings"
	"testing"

	"github.com/selvedge/selvedge/identifier"
)

func TestContactPhone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		value  string
		region string
		e164   string
	}{
		{"E.164", "+442079460958", "", "+442079460958"},
		{"the region does not matter with a country code", "+442079460958", "US", "+442079460958"},
		{"the region in lower case", "020 7946 0958", "gb", "+442079460958"},
		{"written out", "+44 (0)20 7946 0958", "", "+442079460958"},
		{"with dots", "212.555.0147", "US", "+12125550147"},
		{"with brackets", "(212) 555-0147", "US", "+12125550147"},
		{"a bracket around the country code", "(+44) 20 7946 0958", "", "+442079460958"},
		{"the rest of the punctuation", "[212]_555~01/47", "US", "+12125550147"},
		{"no-break space and non-breaking hyphen", "+44\u00a020\u20117946\u20110958", "", "+442079460958"},
		{"a minus sign", "212\u2212555\u22120147", "US", "+12125550147"},
		{"direction marks", "\u202a+44 20 7946 0958\u202c", "", "+442079460958"},
		{"full-width", "＋４４（２０）７９４６－０９５８", "", "+442079460958"},
		{"Arabic-Indic digits", "+٤٤٢٠٧٩٤٦٠٩٥٨", "", "+442079460958"},
		{"Persian digits", "+۴۴۲۰۷۹۴۶۰۹۵۸", "", "+442079460958"},
		{"mathematical digits", "+𝟜𝟜𝟚𝟘𝟟𝟡𝟜𝟞𝟘𝟡𝟝𝟠", "", "+442079460958"},
		{"00 without a region", "0044 20 7946 0958", "", "+442079460958"},
		{"00 after a plus", "+0044 20 7946 0958", "", "+442079460958"},
		{"00 after a plus, where 00 is no prefix", "+0044 20 7946 0958", "JP", "+442079460958"},
		{"the region's international prefix", "011 44 20 7946 0958", "US", "+442079460958"},
		{"the Japanese international prefix", "010 44 20 7946 0958", "JP", "+442079460958"},
		{"a leading zero that a spreadsheet lost", "7912345678", "GB", "+447912345678"},
		{"the declared country's code without plus", "447912345678", "GB", "+447912345678"},
		{"Italy keeps its zero", "06 698 12345", "IT", "+390669812345"},
		{"a number of no country", "+800 1234 5678", "", "+80012345678"},
		{"a spreadsheet's fraction", "447912345678.0", "GB", "+447912345678"},
		{"a spreadsheet's fraction after a plus", "+447912345678.00", "", "+447912345678"},
		{"a point in a number, and zeros", "212555.0000", "US", "+12125550000"},
		{"a point in a number", "2125550.147", "US", "+12125550147"},
		{"letters that look like an exponent", "+1-800-SUITE12", "", "+18007848312"},
		{"an exponent with every digit", "4.47912345678E+11", "GB", "+447912345678"},
		{"an exponent with a decimal comma", "4,47912345678e11", "GB", "+447912345678"},
		{"an exponent with zeros beyond", "+4.4791234567800E+11", "", "+447912345678"},
		{"an apostrophe", "'+447912345678", "", "+447912345678"},
		{"a formula", `="+447912345678"`, "", "+447912345678"},
		{"quotes", `"+447912345678"`, "", "+447912345678"},
		{"a link", "TEL:+44-7912-345678", "", "+447912345678"},
		{"a semicolon left over", "+447912345678;", "", "+447912345678"},
		{"extension x", "+442079460958x123", "", "+442079460958"},
		{"extension ext.", "+44 20 7946 0958 ext. 123", "", "+442079460958"},
		{"extension Extn", "+44 20 7946 0958, Extn 123", "", "+442079460958"},
		{"extension in full", "+44 20 7946 0958 Extension: 1234567", "", "+442079460958"},
		{"extension #", "020 7946 0958 #12", "GB", "+442079460958"},
		{"extension in a link", "tel:+44-20-7946-0958;ext=123", "", "+442079460958"},
		{"letters of a toll-free number", "+1-800-FLOWERS", "", "+18003569377"},
		{"letters, and the region", "1 (888) GO-fedex", "US", "+18884633339"},
		{"a slash in a German number", "030/12345678", "DE", "+493012345678"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			forms, reason := contactForms(identifier.Phone, tt.value, tt.region)
			if reason != identifier.Accepted {
				t.Fatalf("refused: %q", reason)
			}
			checkForms(t, forms, phone, tt.e164, strings.TrimPrefix(tt.e164, "+"))
		})
	}
}

func TestPhoneRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		value  string
		region string
		reason identifier.Reason
	}{
		{"blank", "", "GB", identifier.ReasonEmpty},
		{"zero", "0", "GB", identifier.ReasonEmpty},
		{"a placeholder behind an apostrophe", "'unknown", "", identifier.ReasonEmpty},
		{"an unknown region", "+442079460958", "ZZ", identifier.ReasonBadRegion},
		{"a region that is no code", "+442079460958", "United Kingdom", identifier.ReasonBadRegion},
		{"the library's word for no country", "+442079460958", "001", identifier.ReasonBadRegion},
		{"a national number", "020 7946 0958", "", identifier.ReasonNoCountry},
		{"digits that could be two countries'", "3227352263", "", identifier.ReasonNoCountry},
		{"the American international prefix without a region", "011442079460958", "", identifier.ReasonNoCountry},
		{"another country's code without plus", "442079460958", "US", identifier.ReasonImpossible},
		{"too short", "+4420", "", identifier.ReasonImpossible},
		{"one digit", "+4", "", identifier.ReasonNotPhone},
		{"too long", "+12125550147000", "", identifier.ReasonImpossible},
		{"local to a town", "555-0147", "US", identifier.ReasonImpossible},
		{"local to a town, with country code", "+15550147", "", identifier.ReasonImpossible},
		{"an emergency number", "911", "US", identifier.ReasonImpossible},
		{"a country code of no country", "+999123456789", "", identifier.ReasonImpossible},
		{"a trunk zero behind a plus", "+0207946095", "GB", identifier.ReasonImpossible},
		{"00, where it is no prefix", "0044 20 7946 0958", "US", identifier.ReasonImpossible},
		{"no digits and no region", "()-", "", identifier.ReasonNotPhone},
		{"a plus after digits", "44+2079460958", "", identifier.ReasonNotPhone},
		{"no digits", "+()-", "", identifier.ReasonNotPhone},
		{"an address", "jane@example.com", "GB", identifier.ReasonNotPhone},
		{"words", "call me", "GB", identifier.ReasonNotPhone},
		{"a number in words", "Phone: 020 7946 0958", "GB", identifier.ReasonNotPhone},
		{"a name behind a number", "030 1234567 Max", "DE", identifier.ReasonNotPhone},
		{"a remark that fills up a number", "555-0147 Bob", "US", identifier.ReasonNotPhone},
		{"letters that are too many", "+1-800-FLOWERSX", "", identifier.ReasonNotPhone},
		{"letters in a number that is not toll-free", "+1-212-FLOWERS", "", identifier.ReasonNotPhone},
		{"letters in a number that begins like a toll-free one", "+1-801-FLOWERS", "", identifier.ReasonNotPhone},
		{"an exponent around other signs", "4.4x7E+11", "GB", identifier.ReasonNotPhone},
		{"an exponent of three digits", "1E447", "GB", identifier.ReasonNotPhone},
		{"letters and other signs", "+1-800-FLOW*RS", "", identifier.ReasonNotPhone},
		{"an extension of nothing", "x123", "GB", identifier.ReasonNotPhone},
		{"an extension of eight digits", "+442079460958x12345678", "", identifier.ReasonNotPhone},
		{"signs", "*#06#", "GB", identifier.ReasonNotPhone},
		{"a plus inside", "+1234+5678", "", identifier.ReasonNotPhone},
		{"two plus", "++442079460958", "", identifier.ReasonNotPhone},
		{"broken UTF-8", "+4420\xff79460958", "", identifier.ReasonNotPhone},
		{"a letter beyond ASCII", "+44 ☎ 2079460958", "", identifier.ReasonNotPhone},
		{"a letter in full width", "+44２０７９４６０９５８ａ", "", identifier.ReasonNotPhone},
		{"longer than anybody reads", strings.Repeat(" 1", 150), "GB", identifier.ReasonNotPhone},
		{"an exponent with lost digits", "4.47912E+11", "GB", identifier.ReasonExcel},
		{"an exponent without a point", "4E+11", "GB", identifier.ReasonExcel},
		{"an exponent with a fraction", "4.479123456789E+11", "GB", identifier.ReasonNotPhone},
		{"an exponent after two digits", "44.7912345678E+10", "GB", identifier.ReasonNotPhone},
		{"zeros for lost digits", "4479123456789120", "GB", identifier.ReasonExcel},
		{"more zeros for lost digits", "447912345678912000", "GB", identifier.ReasonExcel},
		{"sixteen digits", "+4479123456789123", "", identifier.ReasonImpossible},
		{"two, with a semicolon", "+442079460958; +442079460959", "", identifier.ReasonSeveral},
		{"two, with a slash", "020 7946 0958 / 020 7946 0959", "GB", identifier.ReasonSeveral},
		{"two, with a comma", "+442079460958,+442079460959", "", identifier.ReasonSeveral},
		{"two, with a line break", "+442079460958\n+442079460959", "", identifier.ReasonSeveral},
		{"two, with a plus alone", "+442079460958 +442079460959", "", identifier.ReasonSeveral},
		{"a hash", strings.Repeat("ab", 32), "GB", identifier.ReasonNotPhone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			forms, reason := contactForms(identifier.Phone, tt.value, tt.region)
			if reason != tt.reason {
				t.Errorf("reason %q, want %q", reason, tt.reason)
			}
			if forms != nil {
				t.Errorf("%d forms of a refused value", len(forms))
			}
		})
	}
}
