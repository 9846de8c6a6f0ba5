package killpoint_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvedge/selvedge/internal/pgtest"
)

// TestKilledUnderAKey kills the server just before and just after the commit of
// an act that came with an idempotency key. Sent again, the first is under way
// until its lease is over and was not done; the second is answered, and not done
// a second time.
func TestKilledUnderAKey(t *testing.T) {
	t.Parallel()
	bin := build(t)
	for name, database := range map[string]func(testing.TB) string{
		"SQLite":     func(testing.TB) string { return "" },
		"PostgreSQL": pgtest.Schema,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := install(t, bin, database(t))
			for _, c := range []struct {
				side   string
				status int
				made   int
			}{
				{"before", http.StatusConflict, 0},
				{"after", http.StatusCreated, 1},
			} {
				s, err := p.serve(t, kill{at: map[string]string{"serve": c.side + " commit of audience.created:1"}})
				if err != nil {
					t.Fatal(err)
				}
				if status, body := p.underKey(t.Context(), s, c.side); status != 0 {
					t.Fatalf("%s: answered %d by a server that was to die: %s", c.side, status, body)
				}
				<-s.gone
				if s, err = p.serve(t, kill{}); err != nil {
					t.Fatal(err)
				}
				if status, body := p.underKey(t.Context(), s, c.side); status != c.status {
					t.Errorf("%s: sent again: %d %s", c.side, status, body)
				}
				all, err := p.client(t, s, "org").Audiences(t.Context())
				if err != nil || len(all) != c.made {
					t.Errorf("%s: %d audiences, %v", c.side, len(all), err)
				}
				s.stop(t)
			}
		})
	}
}

// underKey makes an audience under a key, and returns 0 if nobody answers.
func (p *program) underKey(ctx context.Context, s *serving, key string) (int, string) {
	secret, err := os.ReadFile(filepath.Join(p.dir, "org.key"))
	if err != nil {
		return -1, err.Error()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/audiences", strings.NewReader(`{"name":"Spring"}`))
	if err != nil {
		return -1, err.Error()
	}
	req.Header.Set("Authorization", "Bearer "+string(secret))
	req.Header.Set("Idempotency-Key", key)
	// Without this the transport sends it a second time by itself.
	req.GetBody = nil
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body) // what there is of it
	return res.StatusCode, string(body)
}
