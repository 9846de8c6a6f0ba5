package prompt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
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
// file's order, each valid, or an error: a file with one fault registers
// nothing. Errors are those of Prompt.Validate, with the field as in
// "prompts[0].texts.en"; CodeInvalid with the line for what is no YAML, for a
// key that is not known and for one that stands twice; and CodeTooLarge above
// 4 MiB.
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
	if err := d.Decode(&f); err != nil && err != io.EOF {
		return nil, yamlFault(err)
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
			// What is no digest stays zero, which is no text's.
			if sum, err := hex.DecodeString(t.SHA256); err == nil && len(sum) == len(text.SHA256) {
				text.SHA256 = [sha256.Size]byte(sum)
			}
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

var atLine = regexp.MustCompile(`line (\d+): (.*)`)

// yamlFault says where a file is not what it should be. The decoder's own words
// are left out: they quote the file, which may be the wrong one, full of
// people's addresses.
func yamlFault(err error) error {
	text := err.Error()
	if e, ok := errors.AsType[*yaml.TypeError](err); ok {
		text = e.Errors[0]
	}
	out := selvedge.Errorf(selvedge.CodeInvalid, "not YAML, or not a prompts file, at or near this line").Because("bad_yaml")
	if m := atLine.FindStringSubmatch(text); m != nil {
		out.Row, _ = strconv.ParseInt(m[1], 10, 64)
		switch {
		case strings.Contains(m[2], " not found in type "):
			out.Message, out.Reason = "a key that is not known", "unknown_key"
		case strings.Contains(m[2], " already defined at "):
			out.Message, out.Reason = "a key that stands twice", "repeated_key"
		}
	}
	return out
}
