package prompt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/selvedge/selvedge"
)

// Parse reads a prompts file (docs/prompts.md). It returns the prompts in the
// file's order, each valid, or an error: a file with one fault registers
// nothing. Errors are those of Prompt.Validate, with the field as in
// "prompts[0].texts.en"; CodeInvalid for approved_by, which is no field any
// more, and with the line for what is no YAML, for a key that is not known and
// for one that stands twice; and CodeTooLarge above 4 MiB.
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
	return f.prompts()
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
