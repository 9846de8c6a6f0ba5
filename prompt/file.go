package prompt

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
)

// maxFile is the largest prompts file, in bytes.
const maxFile = 4 << 20

// file is a prompts file as it is written, in YAML or in JSON.
type file struct {
	Prompts []entry `yaml:"prompts" json:"prompts"`
}

// entry is one prompt of a file.
type entry struct {
	ID              string   `yaml:"id" json:"id"`
	Version         int      `yaml:"version" json:"version"`
	Surface         string   `yaml:"surface" json:"surface"`
	LegalBasis      string   `yaml:"legal_basis" json:"legal_basis"`
	Purposes        []string `yaml:"purposes" json:"purposes"`
	AdsExpiryMonths *int     `yaml:"ads_expiry_months" json:"ads_expiry_months"`
	Texts           map[string]struct {
		Text   string `yaml:"text" json:"text"`
		SHA256 string `yaml:"sha256" json:"sha256"`
	} `yaml:"texts" json:"texts"`
	// ApprovedBy was how a file said that two people had approved a prompt.
	// Known, so that a file that has it is told what to do.
	ApprovedBy yaml.Node `yaml:"approved_by" json:"-"`
}

// approvedBy is what a file is told that names who approved a prompt.
func approvedBy() *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeInvalid,
		"approval is an act and no field: take approved_by out, apply the file, and have another operator run selvedge prompts approve").
		At("approved_by").Because("approval_in_file")
}

// prompts returns the prompts of the file, each valid, in the file's order.
func (f file) prompts() ([]Prompt, error) {
	out := make([]Prompt, 0, len(f.Prompts))
	seen := map[Name]bool{}
	for i, e := range f.Prompts {
		p, err := e.prompt()
		if err == nil && seen[p.Name] {
			err = selvedge.Errorf(selvedge.CodeInvalid, "stands twice in the file").At("version").Because("repeated")
		}
		if err != nil {
			return nil, inPrompt(i, err)
		}
		seen[p.Name] = true
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "holds no prompt").At("prompts").Because("empty")
	}
	return out, nil
}

// inPrompt puts an error's field into its place in the file.
func inPrompt(i int, err error) error {
	if e, ok := errors.AsType[*selvedge.Error](err); ok {
		e.Field = fmt.Sprintf("prompts[%d].%s", i, e.Field)
	}
	return err
}

func (e entry) prompt() (Prompt, error) {
	p := Prompt{Name: Name{e.ID, e.Version}, Surface: e.Surface, LegalBasis: LegalBasis(e.LegalBasis)}
	for _, name := range e.Purposes {
		u, err := purpose.Parse(name)
		if err == nil && u == purpose.Unknown {
			err = selvedge.Errorf(selvedge.CodeInvalid, "a prompt cannot ask for unknown").Because("unknown_purpose")
		}
		if err != nil {
			err, _ := errors.AsType[*selvedge.Error](err)
			return Prompt{}, err.At("purposes")
		}
		p.Purposes |= purpose.Of(u)
	}
	if e.AdsExpiryMonths != nil {
		p.AdsExpiryMonths = *e.AdsExpiryMonths
	} else if p.Purposes.Ads() != 0 {
		p.AdsExpiryMonths = DefaultAdsExpiryMonths
	}
	for lang, t := range e.Texts {
		text := Text{Language: lang, Text: t.Text}
		// What is no digest stays zero, which is no text's.
		if sum, err := hex.DecodeString(t.SHA256); err == nil && len(sum) == len(text.SHA256) {
			text.SHA256 = [sha256.Size]byte(sum)
		}
		p.Texts = append(p.Texts, text)
	}
	slices.SortFunc(p.Texts, func(a, b Text) int { return strings.Compare(a.Language, b.Language) })
	if err := p.Validate(); err != nil {
		return Prompt{}, err // sec.* with ads.* comes before all else that is wrong
	}
	if e.ApprovedBy.Kind != 0 {
		return Prompt{}, approvedBy()
	}
	return p, nil
}
