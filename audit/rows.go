package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"strings"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
)

// row is a row of a list: one address or number, as its sender wrote it.
type row struct {
	kind identifier.Kind
	text string
}

func email(text string) row { return row{identifier.Email, text} }
func phone(text string) row { return row{identifier.Phone, text} }

// file returns a list as CSV.
func file(lists ...[]row) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"email", "phone"}) // a buffer takes everything
	for _, rows := range lists {
		for _, r := range rows {
			if r.kind == identifier.Email {
				_ = w.Write([]string{r.text, ""})
			} else {
				_ = w.Write([]string{"", r.text})
			}
		}
	}
	w.Flush()
	return b.Bytes()
}

// batch returns rows as members of a batch.
func batch(rows []row) []list.Member {
	var out []list.Member
	for _, r := range rows {
		if r.kind == identifier.Email {
			out = append(out, list.Member{Emails: []string{r.text}})
		} else {
			out = append(out, list.Member{Phones: []string{r.text}})
		}
	}
	return out
}

// gmail is where dots and tags mean nothing (docs/identifiers.md).
const gmail = "@gmail.com"

// inClear are the spellings of an address or number that senders write: in lower
// and upper case, with dots and tags, with and without the +.
func (r row) inClear() []row {
	if r.kind == identifier.Phone {
		national := "0" + strings.TrimPrefix(r.text, "+44")
		return []row{r, phone(strings.TrimPrefix(r.text, "+")), phone(national), phone(national[:5] + " " + national[5:])}
	}
	out := []row{r, email(strings.ToUpper(r.text)), email(" " + r.text)}
	if local, ok := strings.CutSuffix(r.text, gmail); ok {
		bare := strings.ReplaceAll(local, ".", "")
		out = append(out, email(bare+gmail), email(local+"+shop"+gmail), email(bare+"@googlemail.com"))
	}
	return out
}

// hashed are the SHA-256 that senders make of it.
func (r row) hashed() []row {
	texts := []string{r.text}
	switch {
	case r.kind == identifier.Phone:
		texts = append(texts, strings.TrimPrefix(r.text, "+"))
	case strings.HasSuffix(r.text, gmail):
		texts = append(texts, strings.ReplaceAll(strings.TrimSuffix(r.text, gmail), ".", "")+gmail)
	}
	var out []row
	for _, text := range texts {
		sum := sha256.Sum256([]byte(text))
		out = append(out, row{r.kind, hex.EncodeToString(sum[:])}, row{r.kind, strings.ToUpper(hex.EncodeToString(sum[:]))})
	}
	return out
}
