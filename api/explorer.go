package api

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
)

// The explorer is Swagger UI 5.35.0 (Apache-2.0), as it is published, served
// from here: it loads nothing from outside.
//
//go:embed explorer
var explorer embed.FS

var problemPage = template.Must(template.ParseFS(explorer, "explorer/problem.html"))

// The pages run the scripts that lie beside them and ask this server alone. The
// explorer sets styles from its script, and draws its signs as data: URLs.
const (
	pagePolicy     = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	explorerPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// explore serves the explorer's page and its files.
func explore(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if name == "" {
		name = "explorer.html"
		w.Header().Set("Content-Security-Policy", explorerPolicy)
	}
	b, err := fs.ReadFile(explorer, "explorer/"+name)
	if err != nil {
		noSuchThing(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	_, _ = w.Write(b)
}

// explain serves the page at a problem's type.
func explain(w http.ResponseWriter, k Kind) {
	var b bytes.Buffer
	if err := problemPage.Execute(&b, k); err != nil {
		writeProblem(w, err)
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}
