package list

import (
	"strings"

	"golang.org/x/text/language"

	"github.com/selvedge/selvedge/identifier"
)

// noCountry is what countryOf returns for text that names no country.
const noCountry = "?"

// countryOf returns the two letters of the country that a cell names, "" for a
// blank or a placeholder. Two and three letters of ISO 3166 are read, and the names
// in countryNames, in any case. UK is read as GB, which it is reserved for.
func countryOf(text string) string {
	s := strings.ToUpper(strings.Trim(text, " \t\u00a0\ufeff\"'"))
	switch s {
	case "", "-", "N/A", "NULL", "NONE", "UNKNOWN", "UNDEFINED":
		return ""
	case "UK":
		return "GB"
	}
	if code := countryNames[plainName(strings.ToLower(s))]; code != "" {
		return code
	}
	if len(s) != 2 && len(s) != 3 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return noCountry // digits would be UN M49, which nobody means
	}
	r, err := language.ParseRegion(s)
	if err != nil {
		return noCountry
	}
	if _, reason := identifier.Read(identifier.Phone, "5550100", r.String()); reason == identifier.ReasonBadRegion {
		return noCountry
	}
	return r.String()
}

// countryNames are names as shops and CRMs write them, as plainName gives them.
// Only names that mean one country are here.
var countryNames = func() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(`AE unitedarabemirates
AR argentina
AT austria österreich oesterreich autriche
AU australia
BE belgium belgien belgique belgië belgica bélgica
BR brazil brasil brasilien brésil
CA canada kanada canadá
CH switzerland schweiz suisse svizzera suiza
CL chile
CN china 中国
CO colombia
CZ czechrepublic czechia tschechien
DE germany deutschland allemagne alemania 德国
DK denmark dänemark danmark danemark
EG egypt
ES spain españa espana spanien espagne
FI finland suomi finnland
FR france frankreich francia
GB unitedkingdom greatbritain vereinigteskönigreich großbritannien royaumeuni reinounido 英国
GR greece griechenland
HK hongkong 香港
HU hungary ungarn
ID indonesia
IE ireland irland irlande irlanda
IL israel
IN india indien inde
IT italy italia italien italie
JP japan 日本
KR southkorea republicofkorea
LU luxembourg luxemburg
MX mexico méxico mexiko mexique
MY malaysia
NL netherlands thenetherlands niederlande nederland paysbas paísesbajos
NO norway norwegen norge
NZ newzealand
PE peru perú
PH philippines
PL poland polen polska pologne
PT portugal
RO romania
SA saudiarabia
SE sweden schweden sverige suède
SG singapore
TH thailand
TR turkey türkiye
TW taiwan 台湾
UA ukraine
US unitedstates unitedstatesofamerica vereinigtestaaten étatsunis etatsunis estadosunidos 美国
VN vietnam
ZA southafrica`) {
		names := strings.Fields(line)
		for _, name := range names[1:] {
			out[name] = names[0]
		}
	}
	return out
}()
