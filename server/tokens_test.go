package server_test

import (
	"path/filepath"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/server"
)

// TestPersonKeys: half a setting, or keys that cannot be read, is no server.
func TestPersonKeys(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*server.Config){
		"an issuer alone": func(c *server.Config) { c.PersonIssuer = "i" },
		"a file that is not there": func(c *server.Config) {
			c.PersonKeys, c.PersonIssuer, c.PersonAudience = filepath.Join(c.Dir, "none"), "i", "a"
		},
		"a file of something else": func(c *server.Config) {
			c.PersonKeys, c.PersonIssuer, c.PersonAudience = filepath.Join(c.Dir, "kek.json"), "i", "a"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := madeFolder(t, nil)
			change(&cfg)
			if err := opens(t, cfg); selvedge.CodeOf(err) != selvedge.CodeInvalid {
				t.Errorf("it opens: %v", err)
			}
		})
	}
}
