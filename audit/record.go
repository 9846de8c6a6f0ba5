package audit

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvedge/selvedge"
)

// Format is the version of a report's form.
const Format = "selvedge-audit/1"

// Report is what an audit came to.
type Report struct {
	Format   string    `json:"format"`
	Product  string    `json:"product"` // version of the code that was audited
	Profile  Profile   `json:"profile"`
	Target   string    `json:"target"` // self: an installation made for the audit
	MadeAt   time.Time `json:"made_at"`
	Sizes    Sizes     `json:"sizes"`
	Clock    Span      `json:"clock"` // of the installation
	Requests int64     `json:"requests"`
	Steps    []Result  `json:"steps"`
	Passed   bool      `json:"passed"`
	Ledger   Ledger    `json:"ledger"`
}

// Span is from when to when.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Ledger is what the installation's own record of the audit came to.
type Ledger struct {
	Entries     int64        `json:"entries"`
	Findings    int          `json:"findings"` // of its verification; none if it agrees with itself
	Checkpoints []Checkpoint `json:"checkpoints"`
}

// Checkpoint is a log's signed checkpoint and the key that verifies it.
type Checkpoint struct {
	Space string `json:"space"`
	Note  string `json:"note"`
	Key   string `json:"key"`
}

// Signed is a report with the signature of who made it. The file of a report is
// this in JSON.
type Signed struct {
	Report    json.RawMessage `json:"report"`
	Key       string          `json:"key"`       // that verifies the signature, as note.NewVerifier reads it
	Signature string          `json:"signature"` // the signature's line of the note whose text is the report in one line
}

// signerName is the name of the key that signs reports.
const signerName = "selvedge-audit"

// sign signs a report with a key made for it.
func sign(r Report, entropy selvedge.Entropy) (Signed, error) {
	skey, vkey, err := note.GenerateKey(stream{entropy}, signerName)
	if err != nil {
		return Signed{}, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return Signed{}, err
	}
	body, err := json.Marshal(r)
	if err != nil {
		return Signed{}, err
	}
	signed, err := note.Sign(&note.Note{Text: string(body) + "\n"}, signer)
	if err != nil {
		return Signed{}, err
	}
	line := strings.TrimPrefix(string(signed), string(body)+"\n\n")
	return Signed{Report: body, Key: vkey, Signature: line}, nil
}

// Marshal returns the file of a report.
func (s Signed) Marshal() ([]byte, error) {
	b, err := json.MarshalIndent(s, "", "  ")
	return append(b, '\n'), err
}

// Verify reads the file of a report and checks that it is as it was signed, and
// that its checkpoints are signed by the logs' keys. With a key given, it must be
// signed by that one: without, all that is shown is that nothing was changed since.
// It returns a CodeInvalid error, Reason not_as_signed, if it is not, and bad_report
// if the file is no report.
func Verify(b []byte, key string) (Report, error) {
	bad := func(reason, text string) (Report, error) {
		return Report{}, selvedge.Errorf(selvedge.CodeInvalid, "%s", text).At("report").Because(reason)
	}
	var s Signed
	if err := json.Unmarshal(b, &s); err != nil {
		return bad("bad_report", "this is no report of an audit")
	}
	var line bytes.Buffer
	if err := json.Compact(&line, s.Report); err != nil {
		return bad("bad_report", "this is no report of an audit")
	}
	if key != "" && key != s.Key {
		return bad("not_as_signed", "the report is signed with another key")
	}
	if err := opens(line.String()+"\n\n"+s.Signature, s.Key); err != nil {
		return bad("not_as_signed", "the signature is not that of this report")
	}
	var r Report
	if err := json.Unmarshal(s.Report, &r); err != nil || r.Format != Format {
		return bad("bad_report", "the report is of another form than "+Format)
	}
	for _, c := range r.Ledger.Checkpoints {
		if opens(c.Note, c.Key) != nil {
			return bad("not_as_signed", "a checkpoint is not signed by its log's key")
		}
	}
	if r.Passed != r.passes() {
		return bad("bad_report", "the outcome is not that of the steps")
	}
	return r, nil
}

// opens checks a signed note.
func opens(text, key string) error {
	v, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	_, err = note.Open([]byte(text), note.VerifierList(v))
	return err
}

// passes says whether every step is as its profile wants it. A report without
// steps does not pass.
func (r Report) passes() bool {
	for _, s := range r.Steps {
		if r.Profile.fails(s.Verdict) {
			return false
		}
	}
	return len(r.Steps) > 0 && r.Ledger.Findings == 0
}

// stream reads a stream of an Entropy, for keys of reports.
type stream struct{ selvedge.Entropy }

func (s stream) Read(p []byte) (int, error) {
	s.Fill("audit/key", p)
	return len(p), nil
}
