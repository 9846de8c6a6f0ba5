package demo

import (
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page shows the story so far. It is safe for concurrent use.
type page struct {
	mu    sync.Mutex
	lines []string // guarded by mu
}

func (p *page) add(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, line)
}

// line is one paragraph as the page shows it.
type line struct {
	Text    string
	Command bool // to be copied
	Detail  bool // belongs to the paragraph above
	Deep    bool // belongs to the detail above
}

// ServeHTTP implements http.Handler.
func (p *page) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	lines := slices.Clone(p.lines)
	p.mu.Unlock()
	var show []line
	for _, l := range lines {
		text := strings.TrimSpace(l)
		show = append(show, line{
			Text: text, Detail: strings.HasPrefix(l, " "), Deep: strings.HasPrefix(l, "      "),
			Command: strings.HasPrefix(text, "curl ") || strings.HasPrefix(text, "printf "),
		})
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_ = pageTemplate.Execute(w, show) // a browser that went away
}
