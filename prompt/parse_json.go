package prompt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/selvedge/selvedge"
)

// ParseJSON reads prompts as a program sends them: the prompts file as JSON, or
// one prompt of it alone. It is as strict as Parse, and returns the same errors
// but that it gives no lines, and bad_json for bad_yaml. One prompt alone is
// a file of one.
func ParseJSON(r io.Reader) ([]Prompt, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read prompts: %w", err)
	}
	if len(b) > maxFile {
		return nil, selvedge.Errorf(selvedge.CodeTooLarge, "the prompts are larger than %d bytes", maxFile)
	}
	if !json.Valid(b) {
		return nil, jsonFault(nil)
	}
	top, err := checkKeys(json.NewDecoder(bytes.NewReader(b)), "")
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if top["prompts"] {
		var f file
		if err := dec.Decode(&f); err != nil {
			return nil, jsonFault(err)
		}
		return f.prompts()
	}
	var one entry
	if err := dec.Decode(&one); err != nil {
		return nil, jsonFault(err)
	}
	return file{Prompts: []entry{one}}.prompts()
}

var keyText = regexp.MustCompile(`^[a-z0-9_]+$`)

// checkKeys walks the next value of a valid JSON text for the keys that
// encoding/json takes without a word: one that stands twice, of which it keeps
// the last, and one in other capitals. It returns the keys of the value, if it
// is an object. Of is the key that the value belongs to: those of texts are
// languages, which have capitals.
func checkKeys(dec *json.Decoder, of string) (map[string]bool, error) {
	open, _ := dec.Token()
	if open != json.Delim('{') && open != json.Delim('[') {
		return nil, nil
	}
	keys := map[string]bool{}
	for dec.More() {
		key := of
		if open == json.Delim('{') {
			t, _ := dec.Token()
			key, _ = t.(string)
			switch {
			case keys[key]:
				return nil, selvedge.Errorf(selvedge.CodeInvalid, "a key that stands twice").Because("repeated_key")
			case of != "texts" && key == "approved_by":
				return nil, approvedBy()
			case of != "texts" && !keyText.MatchString(key):
				return nil, selvedge.Errorf(selvedge.CodeInvalid, "a key that is not known").Because("unknown_key")
			}
			keys[key] = true
			if of == "texts" {
				key = "" // a language may be called anything, also texts
			}
		}
		if _, err := checkKeys(dec, key); err != nil {
			return nil, err
		}
	}
	_, _ = dec.Token() // the closing bracket
	return keys, nil
}

// jsonFault says what is wrong without the decoder's words, which quote the
// text. A nil error says that it is no JSON at all.
func jsonFault(err error) error {
	e := selvedge.Errorf(selvedge.CodeInvalid, "not JSON, or not prompts as they are described").Because("bad_json")
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e.Field = t.Field
	}
	if err != nil && strings.HasPrefix(err.Error(), "json: unknown field ") {
		e.Message, e.Reason = "a key that is not known", "unknown_key"
	}
	return e
}
