package list

import (
	"strings"
	"unicode"
)

// roleOf returns what a column of this name holds, "" if nothing of ours. Names
// that say "hash" are of the kind that was hashed. A name that says MD5 or
// SHA-1 is a column too, so that the report can say why its cells are refused.
// Names that are only like one of ours are left alone: "accepts e-mail
// marketing" holds no e-mail address.
func roleOf(name string) Role {
	n := plainName(name)
	for {
		if r := roles[n]; r != "" {
			return r
		}
		// A number distinguishes columns of one kind, and may stand on either
		// side of the hash: email1_sha256, email_hash_2.
		cut := trimHashWord(n)
		if cut == n {
			cut = strings.TrimRight(n, "0123456789")
		}
		if cut == n {
			return ""
		}
		n = cut
	}
}

// plainName is a name in lower case with letters and digits alone.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
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

// roles are the names of columns, as plainName gives them.
var roles = func() map[string]Role {
	out := map[string]Role{}
	for role, names := range map[Role]string{
		RoleEmail: `email emails mail emailaddress mailaddress useremail customeremail contactemail
			primaryemail personalemail workemail homeemail otheremail
			email2address email3address
			emailadresse mailadresse epost epostadress epostadresse
			correo correoelectronico correoelectrónico
			courriel adressecourriel adresseemail adressemail
			邮箱 电子邮件 电子邮箱 メールアドレス`,
		RolePhone: `phone phones phonenumber phoneno userphone customerphone contactphone
			primaryphone personalphone workphone homephone businessphone otherphone
			mobile mobilephone mobilenumber mobilephonenumber mobileno
			cell cellphone cellnumber cellphonenumber tel telephone telephonenumber msisdn
			telefon telefonnummer telefonnr mobiltelefon mobilnummer mobil handy handynummer
			telefono teléfono telefonomovil teléfonomóvil movil móvil celular
			téléphone numerodetelephone numérodetéléphone
			手机 手机号 手机号码 电话 电话号码 電話番号`,
		RoleCountry: `country countrycode countryiso isocountry countryregioncode mailingcountry mailingcountrycode
			billingcountry billingcountrycode shippingcountry shippingcountrycode defaultaddresscountrycode addresscountry homecountry
			land ländercode länderkennzeichen laendercode país pais codigopais códigopaís pays codepays paese 国家 国家代码 国`,
		RoleAdUserData:        `aduserdata consentaduserdata aduserdataconsent aduserdatastatus`,
		RoleAdPersonalization: `adpersonalization consentadpersonalization adpersonalizationconsent adpersonalizationstatus adpersonalisation`,
	} {
		for name := range strings.FieldsSeq(names) {
			out[name] = role
		}
	}
	return out
}()
