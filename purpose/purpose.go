package purpose

import (
	"github.com/selvedge/selvedge"
)

// Purpose is one thing that a contact point may be used for. The zero value is
// Unknown, which allows nothing. The numbers are kept in databases and files
// and never change.
type Purpose uint8

// The purposes.
const (
	Unknown Purpose = 0

	Sec2FA        Purpose = 1 // a second factor
	SecRecovery   Purpose = 2 // getting an account back
	SecReauth     Purpose = 3 // confirming a person after suspicious activity
	SecLoginAlert Purpose = 4 // telling a person of a new sign-in
	SecFraud      Purpose = 5 // preventing fraud

	SvcAccount          Purpose = 8 // running the account
	SvcNotify           Purpose = 9 // service messages
	SvcBilling          Purpose = 10
	SvcContactDiscovery Purpose = 11 // being found by people who hold the address

	MktEmail Purpose = 16 // the platform's own marketing by e-mail
	MktSMS   Purpose = 17 // the platform's own marketing by text message

	AdsMatchAdvertiser Purpose = 24 // matching against an advertiser's own list
	AdsMatchPartner    Purpose = 25 // matching against a data partner's list
	AdsSuppress        Purpose = 26 // matching in order not to show an ad
)

type row struct {
	p    Purpose
	name string
	dpv  string // term under https://w3id.org/dpv#
}

var table = []row{
	{Unknown, "unknown", ""},
	{Sec2FA, "sec.2fa", "IdentityAuthentication"},
	{SecRecovery, "sec.recovery", "IdentityVerification"},
	{SecReauth, "sec.reauth", "IdentityVerification"},
	{SecLoginAlert, "sec.login_alert", "EnforceSecurity"},
	{SecFraud, "sec.fraud", "FraudPreventionAndDetection"},
	{SvcAccount, "svc.account", "AccountManagement"},
	{SvcNotify, "svc.notify", "CommunicationManagement"},
	{SvcBilling, "svc.billing", "AccountManagement"},
	{SvcContactDiscovery, "svc.contact_discovery", "ServiceProvision"},
	{MktEmail, "mkt.email", "DirectMarketing"},
	{MktSMS, "mkt.sms", "DirectMarketing"},
	{AdsMatchAdvertiser, "ads.match.advertiser", "TargetedAdvertising"},
	{AdsMatchPartner, "ads.match.partner", "TargetedAdvertising"},
	{AdsSuppress, "ads.suppress", "Advertising"},
}

// All returns every purpose but Unknown, in the order of the table.
func All() []Purpose {
	var out []Purpose
	for _, r := range table {
		if r.p != Unknown {
			out = append(out, r.p)
		}
	}
	return out
}

// Parse returns the purpose of a name such as "ads.match.advertiser". It
// returns a CodeInvalid error for a name that is not in the table; "unknown"
// is in the table.
func Parse(name string) (Purpose, error) {
	for _, r := range table {
		if r.name == name {
			return r.p, nil
		}
	}
	return Unknown, selvedge.Errorf(selvedge.CodeInvalid, "not a purpose; see the table in docs/purposes.md").Because("unknown_purpose")
}

// String returns the name of the purpose, and "unknown" for any number that is
// not in the table.
func (p Purpose) String() string { return p.row().name }

// DPV returns the purpose's IRI in the Data Privacy Vocabulary, "" for Unknown.
func (p Purpose) DPV() string {
	if t := p.row().dpv; t != "" {
		return "https://w3id.org/dpv#" + t
	}
	return ""
}

// Matchable says whether a list may be matched under the purpose: true for the
// three ads.* purposes alone.
func (p Purpose) Matchable() bool { return Matchable.Has(p) }

func (p Purpose) row() row {
	for _, r := range table {
		if r.p == p {
			return r
		}
	}
	return table[0]
}
