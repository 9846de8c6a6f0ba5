package list_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
)

func TestHeaderNames(t *testing.T) {
	t.Parallel()
	for kind, names := range map[string]string{
		"email": `email|Email|E-MAIL|E-mail Address|email_address|Mail|hashed_email|sha256_email|Email_SHA256|
			Email_SHA 256|email_hash|email1|EMAIL12|email1_SHA-1|email1_MD5|email_hash_2|E-mail 2 Address|
			E-mail 1 - Value|E-Mail-Adresse|Correo|Correo electrónico|Courriel|"em` + "\n" + `ail"|email` + "\ufeff",
		"phone": `phone|Phone Number|phone_number|Mobile|MobilePhone|cell|Tel.|TELEPHONE|msisdn|phone_e164|
			Phone_SHA256|phone_hash|hashed_phone|phone2|Phone 1 - Value|Telefon|teléfono|tele` + "\u0301" + `fono|TÉLÉPHONE|
			Handy|手机|电话`,
		"": `name|Accepts Email Marketing|email_opt_in|MAID|MAID_SHA256|madid|sha256|hash|1|value|phone_type|fax|emailer`,
	} {
		for name := range strings.SplitSeq(names, "|") {
			name = strings.Trim(name, "\t\n")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if kind == "" {
					if e := newBench(t).refuse(t, name+"\n", ""); e.Reason != "no_known_column" {
						t.Errorf("error is %v", e)
					}
					return
				}
				report, _ := newBench(t).receive(t, name+"\n", "")
				if diff := cmp.Diff([]list.Column{{Number: 1, Kind: kind}}, report.Columns); diff != "" || !report.Header {
					t.Error(diff, report.Header)
				}
			})
		}
	}
}

func TestSeparator(t *testing.T) {
	t.Parallel()
	columns := []list.Column{{Number: 2, Kind: "email"}}
	for name, header := range map[string]string{
		"comma":                      "name,email",
		"semicolon":                  "name;email",
		"tab":                        "name\temail",
		"most frequent wins":         "last, first;email;zip",
		"of two the comma":           "a;b,email",
		"of two the semicolon":       "a\tb;email",
		"none in quotes":             `"last, first, title";email`,
		"declared":                   "sep=;\nlast,first,title;email",
		"declared, in capitals":      "SEP=;\r\nname;email",
		"declared tab":               "sep=\t\nname\temail",
		"declared after a mark":      "\ufeffsep=;\nlast,first,title;email",
		"declared only in line one":  "# sent by us\nsep=,email",
		"declared before a comment":  "sep=,\n# a;b;c\nname,email",
		"byte order mark and quotes": "\ufeff\"name\",\"email\"",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, _ := newBench(t).receive(t, header+"\n", "")
			if diff := cmp.Diff(columns, report.Columns); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWithoutHeader(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, region, kind string }{
		"e-mail":                 {"anna@example.com\nben@example.com\n", "", "email"},
		"e-mail after a mark":    {"\ufeffanna@example.com\nben@example.com\n", "", "email"},
		"phone with its country": {"+12125550147\n+12125550148\n", "", "phone"},
		"phone of the default":   {"(212) 555-0147\n+12125550148\n", "US", "phone"},
		"hashes in later rows":   {"anna@example.com\n" + strings.Repeat("ab", 32), "", "email"},
		"comment before":         {"#\nanna@example.com\nben@example.com\n", "", "email"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, spill := newBench(t).receive(t, c.text, c.region)
			want := list.Report{
				Format: list.CSV, Encoding: list.UTF8, Separator: list.NoSeparator,
				Columns: []list.Column{{Number: 1, Kind: c.kind}}, Refused: []list.Refusal{},
				Rows: list.Tally{Read: 2, Used: 2}, Identifiers: list.Tally{Read: 2, Used: 2},
				Clear: 2 - report.Hashed, Hashed: report.Hashed,
			}
			if diff := cmp.Diff(want, report); diff != "" {
				t.Error(diff)
			}
			if got := len(tokens(spill)); got < 2 {
				t.Errorf("%d tokens", got)
			}
		})
	}
}

func TestHeaderErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		reason string
		row    int64
	}{
		"nothing":                  {"", "empty_file", 0},
		"mark alone":               {"\ufeff", "empty_file", 0},
		"blank lines alone":        {"\n\r\n\n", "empty_file", 0},
		"comments alone":           {"# a\n# b\n", "empty_file", 0},
		"declaration alone":        {"sep=;\n", "empty_file", 0},
		"unknown separator":        {"sep=x\nemail\n", "bad_separator", 1},
		"no separator declared":    {"sep=\nemail\n", "bad_separator", 1},
		"no known column":          {"name,zip\nanna@example.com,1\n", "no_known_column", 1},
		"row after blank lines":    {"\n# x\n\nname,zip\n", "no_known_column", 4},
		"declaration is no row":    {"sep=,\nname,zip\n", "no_known_column", 1},
		"nothing sure in two":      {"2125550147,Anna\n", "no_known_column", 1},
		"hash beside an address":   {"anna@example.com," + strings.Repeat("ab", 32) + "\n", "hash_without_header", 1},
		"national phone, no place": {"(212) 555-0147\n", "no_known_column", 1},
		"hash and no header":       {strings.Repeat("AB", 32) + "\n", "hash_without_header", 1},
		"NUL":                      {"em\x00ail\n", "nul_bytes", 1},
		"NUL, line two":            {"email,\"a\n\x00\"\n", "nul_bytes", 1},
		"bare quote":               {"email,5\" nails\n", "bad_quotes", 1},
		"too many":                 {strings.Repeat("email,", list.MaxColumns) + "phone\n", "too_many_columns", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newBench(t).refuse(t, c.text, "")
			if e.Code != selvedge.CodeInvalid || e.Field != "header" || e.Reason != c.reason || e.Row != c.row {
				t.Errorf("error is %+v", e)
			}
		})
	}
	if report, _ := newBench(t).receive(t, strings.Repeat("email,", list.MaxColumns)+"zip\n", ""); len(report.Columns) != list.MaxColumns {
		t.Errorf("%d columns", len(report.Columns))
	}
}
