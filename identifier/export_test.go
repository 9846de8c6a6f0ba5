package identifier

import "github.com/selvedge/selvedge/internal/numbering"

// IsPlainNumber says whether a number is read on the fast path.
func IsPlainNumber(text string) bool {
	var d dial
	return d.read(text) && d.plain()
}

// ReadNumber reads a number, or, if careful, without the fast path.
func ReadNumber(text, region string, careful bool) (e164 string, repaired bool, reason Reason) {
	n, reason := readNumber(text, region, careful)
	return string(n.Text()), n.repaired, reason
}

// CanReadNumber is ReadNumber for the time that it takes.
func CanReadNumber(text, region string, careful bool) bool {
	_, reason := readNumber(text, region, careful)
	return reason == Accepted
}

func readNumber(text, region string, careful bool) (number, Reason) {
	if r, ok := numbering.RegionOf(region); ok && careful {
		return parseWrapped(text, r)
	}
	return parseNumber(text, region)
}
