package demo_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/demo"
	"github.com/selvedge/selvedge/demo/world"
)

const people = 300

func config(t *testing.T, out io.Writer) demo.Config {
	t.Helper()
	return demo.Config{
		Dir: filepath.Join(t.TempDir(), "demo"), Listen: "localhost:0", People: people, Seed: "test", Once: true,
		Out: out, Log: slog.New(slog.DiscardHandler),
	}
}

// truth is the world of the demo, but for when it is.
func truth(t *testing.T) *world.World {
	t.Helper()
	w, err := world.New(world.Config{Seed: "test", People: people, Start: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// grouped writes a number as the story does.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

// TestStory: what the generator knows beforehand is in the story, all steps are,
// and nothing in it is an address.
func TestStory(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := demo.Run(t.Context(), config(t, &out)); err != nil {
		t.Fatal(err)
	}
	story := out.String()
	w := truth(t)
	for _, want := range []string{
		fmt.Sprintf("It imports %s accounts with ", grouped(w.Len())),
		"took two people: one who registered them",
		"4. Every list holds the phone number of Ada, who gave it for two-factor codes.",
		"no list can match it: not_given_for_ads",
		"a list may match it for ads.match.advertiser",
		"5. The generator of this world knows who is who, and names the same ",
		"not one of them found anybody.",
		"They are out of every audience at once",
		"Nobody is back.",
	} {
		if !strings.Contains(story, want) {
			t.Errorf("the story lacks %q", want)
		}
	}
	for _, l := range w.Lists() {
		want := regexp.MustCompile(fmt.Sprintf(`%s +%s rows, of which [\d,]+ used, .* refused\. Audience: (too small|\d+[kM].*)\.`, l.Name, grouped(int(l.Rows))))
		if !want.MatchString(story) {
			t.Errorf("the story lacks %s", want)
		}
	}
	ada, _ := w.Character("Ada")
	for i := range w.Len() {
		for _, c := range w.Person(i).Contacts {
			if c.Value != "" && strings.Contains(story, c.Value) {
				t.Errorf("the story holds an address of person %d", i)
			}
		}
	}
	if n := strings.Count(story, ada.Account); n != 1 {
		t.Errorf("Ada's account stands %d times in the story, want once, in a command", n)
	}
	if strings.Contains(story, "Still serving") {
		t.Error("it goes on")
	}
}

// TestServes: the page shows the story, its commands work as they stand there,
// and the end of the context is the end of it.
func TestServes(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	cfg := config(t, writer)
	cfg.Once = false
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- demo.Run(ctx, cfg)
		writer.Close()
	}()
	var story []string
	var url string
	for lines := bufio.NewScanner(reader); url == "" && lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "Still serving on "); ok {
			url, _, _ = strings.Cut(rest, " ")
		} else if lines.Text() != "" {
			story = append(story, lines.Text())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	if url == "" {
		t.Fatalf("ended with %v", <-ended)
	}

	page := get(t, url+"/")
	if page.StatusCode != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") ||
		!strings.HasPrefix(page.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("page: %d %v", page.StatusCode, page.Header)
	}
	text := html.UnescapeString(body(t, page))
	var commands []string
	for _, line := range story {
		line = strings.TrimSpace(line)
		if !strings.Contains(text, line) {
			t.Errorf("the page lacks %q", line)
		}
		if strings.Contains(line, "curl ") {
			commands = append(commands, line)
		}
	}
	if len(commands) != 3 {
		t.Fatalf("%d commands", len(commands))
	}
	var audiences api.Items[api.Audience]
	var list api.List
	var points api.Items[api.ContactPoint]
	for i, into := range []any{&audiences, &list, &points} {
		res := do(t, commands[i])
		b := body(t, res)
		if res.StatusCode >= 300 {
			t.Fatalf("%s\nanswers %d: %s", commands[i], res.StatusCode, b)
		}
		if err := json.Unmarshal([]byte(b), into); err != nil {
			t.Errorf("%s\nanswers %s", commands[i], b)
		}
	}
	if len(audiences.Items) != 1 || audiences.Items[0].Size == nil {
		t.Errorf("audiences: %+v", audiences)
	}
	if r := list.Report.Rows; r.Read != 2 || r.Used != 1 || r.Refused != 1 {
		t.Errorf("the list's rows: %+v", r)
	}
	if len(points.Items) == 0 || len(points.Items[0].WhyNot) == 0 {
		t.Errorf("Ada's contact points: %+v", points)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
		conn.Close()
		t.Error("it still serves")
	}
}

func get(t *testing.T, url string) *http.Response {
	t.Helper()
	return do(t, "curl -s "+url)
}

// do sends the request that a command line of the story describes.
func do(t *testing.T, command string) *http.Response {
	t.Helper()
	input, curl, piped := strings.Cut(command, " | ")
	method := http.MethodGet
	if !piped {
		input, curl = "", command
	} else {
		quoted := strings.TrimSuffix(strings.TrimPrefix(input, "printf '"), "'")
		input, method = strings.ReplaceAll(quoted, `\n`, "\n"), http.MethodPost
		if !strings.Contains(curl, " --data-binary @- ") {
			t.Fatalf("the input goes nowhere: %s", command)
		}
	}
	words := strings.Fields(curl)
	req, err := http.NewRequestWithContext(t.Context(), method, strings.Trim(words[len(words)-1], "'"), strings.NewReader(input))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`-H '([^:]+): ([^']*)'`).FindAllStringSubmatch(curl, -1) {
		req.Header.Set(m[1], m[2])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*demo.Config)
		code   selvedge.Code
	}{
		"nobody":              {func(c *demo.Config) { c.People = 0 }, selvedge.CodeInvalid},
		"fewer than nobody":   {func(c *demo.Config) { c.People = -1 }, selvedge.CodeInvalid},
		"no address":          {func(c *demo.Config) { c.Listen = "nowhere" }, selvedge.CodeInternal},
		"no seed":             {func(c *demo.Config) { c.Seed = "" }, selvedge.CodeInternal},
		"a folder in use":     {func(c *demo.Config) { c.Dir = filepath.Dir(c.Dir) }, selvedge.CodeConflict},
		"a file for a folder": {func(c *demo.Config) { c.Dir = filepath.Join(filepath.Dir(c.Dir), "file") }, selvedge.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, io.Discard)
			file := filepath.Join(filepath.Dir(cfg.Dir), "file")
			if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			c.change(&cfg)
			if err := demo.Run(t.Context(), cfg); selvedge.CodeOf(err) != c.code {
				t.Errorf("ran with %v, want code %s", err, c.code)
			}
			if b, err := os.ReadFile(file); err != nil || string(b) != "mine" {
				t.Errorf("what was there is %q, %v", b, err)
			}
		})
	}
}
