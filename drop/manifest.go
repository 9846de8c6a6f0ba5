package drop

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
)

// What files are called: NAME.manifest.json, NAME.report.json, and NAME. and more
// for the list. A NAME has no dot, so that each file belongs to one.
const (
	manifestEnd = ".manifest.json"
	reportEnd   = ".report.json"
	draftEnd    = ".report.draft" // a report that does not count yet
	maxManifest = 64 << 10
)

var (
	goodName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)
	goodEnd  = regexp.MustCompile(`^(\.[A-Za-z0-9]{1,20}){1,3}$`)
)

// manifest is what a sender says of a file. But for the first three, the fields are
// the parameters of an upload over HTTP.
type manifest struct {
	File   string `json:"file"`
	Rows   *int64 `json:"rows"`
	SHA256 string `json:"sha256"`

	DefaultRegion     string   `json:"default_region"`
	Format            string   `json:"format"`
	Encoding          string   `json:"encoding"`
	Separator         string   `json:"separator"`
	Header            string   `json:"header"`
	Columns           []string `json:"columns"`
	AdUserData        string   `json:"ad_user_data"`
	AdPersonalization string   `json:"ad_personalization"`
	Source            string   `json:"source"`
	HashRules         string   `json:"hash_rules"`
	ExpiresAt         string   `json:"expires_at"`
	TermsVersion      int64    `json:"terms_version"`
	Label             string   `json:"label"`

	sum      [sha256.Size]byte
	delivery audience.Delivery
}

// errUnfinished says that a manifest is still being written.
var errUnfinished = errors.New("the manifest ends early")

// parseManifest reads the manifest of a name. It returns errUnfinished for one that
// ends before its object does, and else a CodeInvalid error that names the field:
// with File set if at least that can be relied on.
func parseManifest(name string, text []byte) (m manifest, err error) {
	bad := func(field, reason, format string, args ...any) (manifest, error) {
		return m, selvedge.Errorf(selvedge.CodeInvalid, format, args...).At(field).Because(reason)
	}
	if len(text) > maxManifest {
		return bad("manifest", "too_large", "is larger than %d KiB", maxManifest>>10)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	err = dec.Decode(&m)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return manifest{}, errUnfinished
	}
	file := m.File
	if m.File = ""; fileOf(name, file) {
		m.File = file
	}
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return bad(t.Field, "bad_json", "is of another type")
	}
	if err == nil {
		_, err = dec.Token()
	}
	if err != io.EOF {
		return bad("manifest", "bad_json", "is not one JSON object of the fields that are described")
	}
	if m.File == "" {
		return bad("file", "bad_name", "must be the name of a file beside the manifest: the manifest's own name, a dot and an ending")
	}
	if m.Rows == nil || *m.Rows < 0 {
		return bad("rows", "bad_number", "must be the number of rows")
	}
	sum, err := hex.DecodeString(m.SHA256)
	if err != nil || len(sum) != sha256.Size {
		return bad("sha256", "bad_digest", "must be the file's SHA-256 in 64 hexadecimal digits")
	}
	m.sum = [sha256.Size]byte(sum)
	m.delivery, err = audience.ParseDelivery(m.values())
	return m, err
}

// fileOf says whether a file may be the list of a name.
func fileOf(name, file string) bool {
	end, ok := strings.CutPrefix(file, name)
	return ok && goodEnd.MatchString(end) && end != manifestEnd && end != reportEnd && end != draftEnd
}

// values are the parameters that an upload over HTTP would have.
func (m manifest) values() url.Values {
	q := url.Values{"columns": m.Columns}
	for name, value := range map[string]string{
		"default_region": m.DefaultRegion, "format": m.Format, "encoding": m.Encoding, "separator": m.Separator, "header": m.Header,
		"ad_user_data": m.AdUserData, "ad_personalization": m.AdPersonalization, "source": m.Source, "hash_rules": m.HashRules,
		"expires_at": m.ExpiresAt, "label": m.Label,
	} {
		q.Set(name, value)
	}
	if m.TermsVersion != 0 {
		q.Set("terms_version", strconv.FormatInt(m.TermsVersion, 10))
	}
	return q
}
