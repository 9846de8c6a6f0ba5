package org

import (
	"regexp"
	"strings"

	"github.com/selvedge/selvedge"
)

var operatorText = regexp.MustCompile(`^[a-z][a-z0-9]*([._-][a-z0-9]+)*$`)

// MaxOperatorName is the longest name of an operator, in characters.
const MaxOperatorName = 64

// ParseOperatorName returns the one way in which an operator's name is written:
// lower-case letters and digits of ASCII, beginning with a letter, with single
// dots, hyphens and underscores between. Blanks around it are cut off and
// capitals made small. It returns a CodeInvalid error for everything else.
//
// Where two people are asked for, two names must be two people. So nothing is
// taken that could be read as another name: no letter of another script that
// looks like a Latin one, no sign that cannot be seen, no second way to write a
// letter with its accent. Nor an address: names stand in the ledger for ever.
func ParseOperatorName(s string) (string, error) {
	name := strings.TrimSpace(s)
	for i := range len(name) {
		if name[i] >= 0x80 { // before capitals go: some become ASCII by it
			name = ""
			break
		}
	}
	name = strings.ToLower(name)
	if len(name) > MaxOperatorName || !operatorText.MatchString(name) {
		return "", selvedge.Errorf(selvedge.CodeInvalid,
			"must be an operator's name: unaccented letters and digits, with single dots, hyphens or underscores between, at most %d characters", MaxOperatorName).
			At("name").Because("bad_operator_name")
	}
	return name, nil
}
