package store

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/selvedge/selvedge"
)

//go:embed migrations/*.sql
var migrations embed.FS

// latest is the version of a schema that is up to date.
const latest = math.MaxInt64

// migrate brings a schema to a version. One that is beyond it is left alone.
func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, entropy selvedge.Entropy, version int64) error {
	p, err := provider(dialect, db, entropy)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

func provider(dialect goose.Dialect, db *sql.DB, entropy selvedge.Entropy) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if dialect == goose.DialectPostgres {
		files = forPostgres{files}
	}
	return goose.NewProvider(dialect, db, files,
		goose.WithExcludeNames([]string{ledgerFile}), goose.WithGoMigrations(carryOutbox(dialect, files, entropy)))
}

// forPostgres is the migrations as PostgreSQL takes them: the same text with
// other names for the types. SQLite's INTEGER has 64 bits and its TEXT compares
// byte for byte, so these do.
type forPostgres struct{ fs.FS }

var postgresTypes = strings.NewReplacer(" INTEGER", " BIGINT", " BLOB", " BYTEA", " TEXT", ` TEXT COLLATE "C"`)

// Open implements fs.FS.
func (p forPostgres) Open(name string) (fs.File, error) {
	f, err := p.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return postgresFile{f, bytes.NewBufferString(postgresTypes.Replace(string(text)))}, nil
}

type postgresFile struct {
	fs.File
	text *bytes.Buffer
}

// Read implements fs.File.
func (f postgresFile) Read(b []byte) (int, error) { return f.text.Read(b) }
