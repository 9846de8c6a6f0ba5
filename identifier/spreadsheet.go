package identifier

import "strings"

// fromSpreadsheet undoes what a spreadsheet does to a number that it takes for a
// quantity: 447912345678.0 loses its fraction, and 4.47912345678E+11 is written
// out if every digit is there. Where digits are lost it is ReasonExcel: the
// rounded number is somebody else's. Anything else comes back as it is.
func fromSpreadsheet(s string) (string, Reason) {
	body := strings.TrimPrefix(s, "+")
	plus := s[:len(s)-len(body)]
	mantissa, exponent, ok := cutExponent(body)
	if !ok {
		whole, fraction, ok := decimal(body)
		if ok && len(whole) >= minNumber && fraction != "" && allZeros(fraction) {
			return plus + whole, Accepted
		}
		return s, Accepted
	}
	// One digit stands before the point, so none is lost if as many stand after
	// it as the exponent counts. More than zeros beyond would be a fraction.
	whole, fraction, ok := decimal(mantissa)
	switch {
	case !ok || len(whole) != 1:
		return "", ReasonNotPhone
	case len(fraction) < exponent:
		return "", ReasonExcel
	case !allZeros(fraction[exponent:]):
		return "", ReasonNotPhone
	}
	return plus + whole + fraction[:exponent], Accepted
}

// cutExponent takes 4.4E+11 apart into 4.4 and 11.
func cutExponent(s string) (mantissa string, exponent int, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 1 || !isDigit(rune(s[i-1])) {
		return "", 0, false
	}
	exp := strings.TrimPrefix(s[i+1:], "+")
	if exp == "" || len(exp) > 2 || !allDigits(exp) {
		return "", 0, false
	}
	for _, c := range []byte(exp) {
		exponent = exponent*10 + int(c-'0')
	}
	return s[:i], exponent, true
}

// decimal takes digits apart at a decimal point or comma, if there is one.
func decimal(s string) (whole, fraction string, ok bool) {
	whole = s
	if i := strings.IndexAny(s, ".,"); i >= 0 {
		whole, fraction = s[:i], s[i+1:]
	}
	return whole, fraction, whole != "" && allDigits(whole) && allDigits(fraction)
}

func allDigits(s string) bool { return strings.TrimFunc(s, isDigit) == "" }

func allZeros(s string) bool { return strings.Trim(s, "0") == "" }
