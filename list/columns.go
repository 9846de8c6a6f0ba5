package list

import (
	"slices"
	"strings"
	"unicode"

	"github.com/selvedge/selvedge/identifier"
)

// MaxColumns is how many identifier columns a list may have. Without a cap, a
// header of thousands of columns would make every short row cost as much as
// thousands of cells.
const MaxColumns = 64

// column is an identifier column: its place in a record, from 0, and its kind.
type column struct {
	index int
	kind  identifier.Kind
}

// findColumns returns the identifier columns of a header. Every occurrence of a
// repeated name is one.
func findColumns(header []string) []column {
	var out []column
	for i, name := range header {
		if k := columnKind(name); k != 0 {
			out = append(out, column{i, k})
		}
	}
	return out
}

// columnKind returns what a column of this name holds, 0 if no identifier. Names
// that say "hash" are of the kind that was hashed. A name that says MD5 or
// SHA-1 is a column too, so that the report can say why its cells are refused.
// Names that are only like one of ours are left alone: "accepts e-mail
// marketing" holds no e-mail address.
func columnKind(name string) identifier.Kind {
	n := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	for {
		if k := columnKinds[n]; k != 0 {
			return k
		}
		// A number distinguishes columns of one kind, and may stand on either
		// side of the hash: email1_sha256, email_hash_2.
		cut := trimHashWord(n)
		if cut == n {
			cut = strings.TrimRight(n, "0123456789")
		}
		if cut == n {
			return 0
		}
		n = cut
	}
}

// trimHashWord takes one word about the form of the value off a name.
func trimHashWord(n string) string {
	for _, w := range []string{"sha256", "sha512", "sha1", "md5", "e164", "hashed", "hash", "value"} {
		if cut, ok := strings.CutSuffix(n, w); ok {
			return cut
		}
	}
	for _, w := range []string{"sha256", "sha512", "sha1", "md5", "hashed"} {
		if cut, ok := strings.CutPrefix(n, w); ok {
			return cut
		}
	}
	return n
}

// columnKinds are the names of identifier columns, in lower case with letters
// and digits alone.
var columnKinds = func() map[string]identifier.Kind {
	out := map[string]identifier.Kind{}
	for kind, names := range map[identifier.Kind]string{
		identifier.Email: `email emails mail emailaddress mailaddress useremail customeremail contactemail
			primaryemail personalemail workemail homeemail otheremail
			email2address email3address
			emailadresse mailadresse epost epostadress epostadresse
			correo correoelectronico correoelectrónico
			courriel adressecourriel adresseemail adressemail
			邮箱 电子邮件 电子邮箱 メールアドレス`,
		identifier.Phone: `phone phones phonenumber phoneno userphone customerphone contactphone
			primaryphone personalphone workphone homephone businessphone otherphone
			mobile mobilephone mobilenumber mobilephonenumber mobileno
			cell cellphone cellnumber cellphonenumber tel telephone telephonenumber msisdn
			telefon telefonnummer telefonnr mobiltelefon mobilnummer mobil handy handynummer
			telefono teléfono telefonomovil teléfonomóvil movil móvil celular
			téléphone numerodetelephone numérodetéléphone
			手机 手机号 手机号码 电话 电话号码 電話番号`,
	} {
		for name := range strings.FieldsSeq(names) {
			out[name] = kind
		}
	}
	return out
}()

// separators are tried in this order: of two that are equally frequent the
// earlier one wins.
var separators = []rune{',', ';', '\t'}

// sniff returns the separator that stands most often outside quotes in a header
// line, a comma if none does.
func sniff(header string) rune {
	count := make([]int, len(separators))
	quoted := false
	for _, r := range header {
		if r == '"' {
			quoted = !quoted
		} else if i := slices.Index(separators, r); i >= 0 && !quoted {
			count[i]++
		}
	}
	return separators[slices.Index(count, slices.Max(count))]
}

// declared returns the separator that a first line "sep=;" declares. Excel
// writes and hides such a line. The second result says whether the line is one;
// if the separator is none of ours, it is 0.
func declared(line string) (rune, bool) {
	line = strings.TrimRight(line, "\r\n")
	if len(line) < 4 || !strings.EqualFold(line[:4], "sep=") {
		return 0, false
	}
	for _, s := range separators {
		if line[4:] == string(s) {
			return s, true
		}
	}
	return 0, true
}
