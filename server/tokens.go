package server

import (
	"os"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/person"
)

// personTokens returns what opens the tokens that the platform signs for people,
// nil if it signs none. Half a setting is a CodeInvalid error.
func (c Config) personTokens() (*person.Tokens, error) {
	if c.PersonKeys == "" && c.PersonIssuer == "" && c.PersonAudience == "" {
		return nil, nil
	}
	b, err := os.ReadFile(c.PersonKeys)
	if err != nil {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "is no file that can be read").At("person_keys").Because("no_keys")
	}
	return person.NewTokens(b, c.PersonIssuer, c.PersonAudience, c.Clock)
}
