package prompt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
)

// maxFile is the largest prompts file, in bytes.
const maxFile = 4 << 20

type file struct {
	Prompts []struct {
		ID              string   `yaml:"id"`
		Version         int      `yaml:"version"`
		Surface         string   `yaml:"surface"`
		LegalBasis      string   `yaml:"legal_basis"`
		Purposes        []string `yaml:"purposes"`
		AdsExpiryMonths *int     `yaml:"ads_expiry_months"`
		ApprovedBy      []string `yaml:"approved_by"`
		Texts           map[string]struct {
			Text   string `yaml:"text"`
			SHA256 string `yaml:"sha256"`
		} `yaml:"texts"`
	} `yaml:"prompts"`
}

// Parse reads a prompts file (docs/prompts.md). It returns the prompts in the
// file's order, each valid, or an error that names the prompt and the field: a
// file with one fault registers nothing. An unknown key is a fault.
func Parse(r io.Reader) ([]Prompt, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read prompts: %w", err)
	}
	if len(b) > maxFile {
		return nil, selvedge.Errorf(selvedge.CodeTooLarge, "the prompts file is larger than %d bytes", maxFile)
	}
	var f file
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "not a prompts file: %v", err).Because("bad_yaml")
	}
	if err := d.Decode(new(yaml.Node)); err != io.EOF {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "must be one YAML document").Because("bad_yaml")
	}
	out := make([]Prompt, 0, len(f.Prompts))
	seen := map[Name]bool{}
	for i, e := range f.Prompts {
		in := func(err error) error {
			if e, ok := errors.AsType[*selvedge.Error](err); ok {
				e.Field = fmt.Sprintf("prompts[%d].%s", i, e.Field)
			}
			return err
		}
		p := Prompt{
			Name:       Name{e.ID, e.Version},
			Surface:    e.Surface,
			LegalBasis: LegalBasis(e.LegalBasis),
			ApprovedBy: slices.Clip(append([]string(nil), e.ApprovedBy...)), // nil when empty
		}
		for _, name := range e.Purposes {
			u, err := purpose.Parse(name)
			if err == nil && u == purpose.Unknown {
				err = selvedge.Errorf(selvedge.CodeInvalid, "a prompt cannot ask for unknown").Because("unknown_purpose")
			}
			if err != nil {
				err, _ := errors.AsType[*selvedge.Error](err)
				return nil, in(err.At("purposes"))
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
			sum, err := hex.DecodeString(t.SHA256)
			if err != nil || len(sum) != len(text.SHA256) {
				return nil, in(selvedge.Errorf(selvedge.CodeInvalid, "sha256 must be 64 hexadecimal characters: for this text %x", sha256.Sum256([]byte(t.Text))).
					At("texts." + lang).Because("bad_sha256"))
			}
			text.SHA256 = [sha256.Size]byte(sum)
			p.Texts = append(p.Texts, text)
		}
		slices.SortFunc(p.Texts, func(a, b Text) int { return strings.Compare(a.Language, b.Language) })
		if err := p.Validate(); err != nil {
			return nil, in(err)
		}
		if seen[p.Name] {
			return nil, in(selvedge.Errorf(selvedge.CodeInvalid, "stands twice in the file").At("version").Because("repeated"))
		}
		seen[p.Name] = true
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "holds no prompt").At("prompts").Because("empty")
	}
	return out, nil
}
