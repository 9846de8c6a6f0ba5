package prompt

import (
	"crypto/sha256"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
)

// Name names one version of one prompt. It is written "id@version".
type Name struct {
	ID      string
	Version int
}

// String returns "id@version".
func (n Name) String() string { return n.ID + "@" + strconv.Itoa(n.Version) }

// isID says whether a text is lower-case words and digits joined by hyphens,
// with a letter first. An import asks for every row: an expression would cost
// as much as the rest of it.
func isID(s string) bool {
	if s == "" || s[0] < 'a' || 'z' < s[0] || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case c == '-' && s[i-1] != '-':
		default:
			return false
		}
	}
	return true
}

// ParseName returns the Name of its String. It returns a CodeInvalid error for
// any other text.
func ParseName(s string) (Name, error) {
	id, v, ok := strings.Cut(s, "@")
	n, err := strconv.Atoi(v)
	if !ok || err != nil || n < 1 || n > 1_000_000 || strconv.Itoa(n) != v || len(id) > 64 || !isID(id) {
		return Name{}, selvedge.Errorf(selvedge.CodeInvalid, "must be a prompt and its version, as in sign-up@1").
			At("prompt").Because("bad_prompt_name")
	}
	return Name{id, n}, nil
}

// LegalBasis is the ground of GDPR Art. 6(1) on which the data are processed.
type LegalBasis string

// The legal bases.
const (
	Consent            LegalBasis = "consent"
	Contract           LegalBasis = "contract"
	LegalObligation    LegalBasis = "legal_obligation"
	LegitimateInterest LegalBasis = "legitimate_interest"
)

// DefaultAdsExpiryMonths is how long an ads grant lasts, in calendar months
// from when it was given, where the prompt does not say.
const DefaultAdsExpiryMonths = 13

// Prompt is one version of a question to a person.
type Prompt struct {
	Name            Name
	Surface         string // where it is asked, such as settings/security
	LegalBasis      LegalBasis
	Purposes        purpose.Set
	Texts           []Text // by language
	AdsExpiryMonths int    // 0 where Purposes holds no ads.*
}

// Text is what the prompt says in one language.
type Text struct {
	Language string // BCP 47
	Text     string
	SHA256   [sha256.Size]byte // of the UTF-8 bytes of Text
}

// AdsExpiry returns when an ads grant given at the time ends: that many
// calendar months later, in UTC.
func (p Prompt) AdsExpiry(givenAt time.Time) time.Time {
	return givenAt.UTC().AddDate(0, p.AdsExpiryMonths, 0)
}

var (
	languageText = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	surfaceText  = regexp.MustCompile(`^[a-z0-9][a-z0-9/_-]{0,63}$`)
)

// Validate returns an error naming a field at fault: CodePurposeDenied for a
// prompt that asks for sec.* and ads.* in one, whatever else is wrong with it,
// CodeInvalid otherwise. There is no way around it.
func (p Prompt) Validate() error {
	if err := p.Purposes.Validate(); err != nil {
		return err
	}
	bad := func(field, reason, format string, args ...any) error {
		return selvedge.Errorf(selvedge.CodeInvalid, format, args...).At(field).Because(reason)
	}
	if _, err := ParseName(p.Name.String()); err != nil {
		return bad("id", "bad_prompt_name", "must be lower-case words joined by hyphens, at most 64 characters, with a version of 1 or more")
	}
	if !surfaceText.MatchString(p.Surface) {
		return bad("surface", "bad_surface", "must say where the prompt is shown, as in settings/security")
	}
	if !slices.Contains([]LegalBasis{Consent, Contract, LegalObligation, LegitimateInterest}, p.LegalBasis) {
		return bad("legal_basis", "bad_legal_basis", "must be consent, contract, legal_obligation or legitimate_interest")
	}
	if p.Purposes == 0 {
		return bad("purposes", "no_purpose", "must name at least one purpose")
	}
	if err := p.validateTexts(); err != nil {
		return err
	}
	ads := p.Purposes.Ads() != 0
	switch {
	case ads && (p.AdsExpiryMonths < 1 || p.AdsExpiryMonths > 25):
		return bad("ads_expiry_months", "bad_expiry", "must be 1 to 25 months")
	case !ads && p.AdsExpiryMonths != 0:
		return bad("ads_expiry_months", "bad_expiry", "is for prompts that grant ads.* purposes")
	case ads && p.LegalBasis != Consent:
		return bad("legal_basis", "ads_need_consent", "a prompt that grants ads.* purposes must rest on consent")
	}
	return nil
}

func (p Prompt) validateTexts() error {
	if len(p.Texts) == 0 {
		return selvedge.Errorf(selvedge.CodeInvalid, "must hold the prompt's words in at least one language").At("texts").Because("no_text")
	}
	for _, t := range p.Texts {
		field := "texts"
		if !languageText.MatchString(t.Language) {
			return selvedge.Errorf(selvedge.CodeInvalid, "a language must be a BCP 47 tag, as in en or pt-BR").At(field).Because("bad_language")
		}
		field += "." + t.Language
		if strings.TrimSpace(t.Text) == "" || !utf8.ValidString(t.Text) {
			return selvedge.Errorf(selvedge.CodeInvalid, "must hold the words the person reads").At(field).Because("no_text")
		}
		if sum := sha256.Sum256([]byte(t.Text)); sum != t.SHA256 {
			return selvedge.Errorf(selvedge.CodeInvalid, "sha256 is not that of the text, which is %x", sum).At(field).Because("bad_sha256")
		}
	}
	return nil
}
