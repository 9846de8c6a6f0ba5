package list

import "github.com/selvedge/selvedge/identifier"

// ReasonNumber returns the number of a reason, 0 for a word that is none. Numbers
// are kept in row reports and in senders' programs: they never change, and none is
// used again. The hundreds say what is at fault: 1 the row, 2 consent, 3 an
// address, 4 a number, 5 a hash, 6 something else.
func ReasonNumber(r identifier.Reason) int { return reasonNumbers[r] }

// reasonOf is the way back.
func reasonOf(number uint64) identifier.Reason { return reasonsByNumber[number] }

var reasonNumbers = map[identifier.Reason]int{
	ReasonBadQuotes:          101,
	ReasonBadText:            102,
	ReasonBadJSON:            103,
	ReasonTooMany:            104,
	identifier.ReasonSeveral: 105,

	ReasonNoConsent:     201,
	ReasonConsentDenied: 202,
	ReasonBadConsent:    203,

	identifier.ReasonNotEmail:   301,
	identifier.ReasonInnerSpace: 302,
	identifier.ReasonTooLong:    303,

	identifier.ReasonNotPhone:   401,
	identifier.ReasonNoCountry:  402,
	ReasonUnknownCountry:        403,
	identifier.ReasonImpossible: 404,
	identifier.ReasonExcel:      405,

	identifier.ReasonMD5:           501,
	identifier.ReasonSHA1:          502,
	identifier.ReasonSHA512:        503,
	identifier.ReasonBadHashLength: 504,
	identifier.ReasonBase64OfHex:   505,
	identifier.ReasonNotHash:       506,

	identifier.ReasonHexOfHex: 507,

	identifier.ReasonEmpty:     601,
	identifier.ReasonBadRegion: 602,
	identifier.ReasonNoKind:    603,
	ReasonExternalAlone:        604,
	ReasonBadExternal:          605,
	ReasonProbe:                606,
}

var reasonsByNumber = func() map[uint64]identifier.Reason {
	out := map[uint64]identifier.Reason{}
	for r, n := range reasonNumbers {
		out[uint64(n)] = r
	}
	return out
}()
