package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
)

// keyFile is the key by which a command acts.
type keyFile struct {
	KeyFile string `required:"" type:"existingfile" help:"File that holds your key."`
}

func (k keyFile) key() (string, error) {
	b, err := os.ReadFile(k.KeyFile)
	return strings.TrimSpace(string(b)), err
}

// remote is the server that a command speaks to.
type remote struct {
	Server string `default:"http://localhost:8780" help:"Server."`
	keyFile
}

func (r remote) client() (*api.Client, error) {
	key, err := r.key()
	if err != nil {
		return nil, err
	}
	return &api.Client{URL: r.Server, Key: key}, nil
}

// show prints an answer as the API gave it.
func show(c *console, v any, err error) error {
	if err != nil {
		return err
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

type audienceCmd struct {
	Create audienceCreateCmd `cmd:"" help:"Make an empty audience."`
	List   audienceListCmd   `cmd:"" help:"List your audiences."`
	Show   audienceShowCmd   `cmd:"" help:"Show an audience."`
}

type audienceCreateCmd struct {
	remote
	Name string `arg:"" help:"Name of the audience."`
}

func (cmd audienceCreateCmd) Run(ctx context.Context, c *console) error {
	client, err := cmd.client()
	if err != nil {
		return err
	}
	v, err := client.CreateAudience(ctx, cmd.Name)
	return show(c, v, err)
}

type audienceListCmd struct{ remote }

func (cmd audienceListCmd) Run(ctx context.Context, c *console) error {
	client, err := cmd.client()
	if err != nil {
		return err
	}
	v, err := client.Audiences(ctx)
	return show(c, v, err)
}

type audienceShowCmd struct {
	remote
	Audience selvedge.AudienceID `arg:"" help:"Id of the audience."`
}

func (cmd audienceShowCmd) Run(ctx context.Context, c *console) error {
	client, err := cmd.client()
	if err != nil {
		return err
	}
	v, err := client.Audience(ctx, cmd.Audience)
	return show(c, v, err)
}

type listCmd struct {
	Upload listUploadCmd `cmd:"" help:"Upload a list to an audience."`
	Rows   listRowsCmd   `cmd:"" help:"Show which rows of a list were refused, and why."`
}

type listRowsCmd struct {
	remote
	Audience selvedge.AudienceID `required:"" help:"Id of the audience."`
	List     selvedge.ListID     `arg:"" help:"Id of the list."`
}

func (cmd listRowsCmd) Run(ctx context.Context, c *console) error {
	client, err := cmd.client()
	if err != nil {
		return err
	}
	v, err := client.Rows(ctx, cmd.Audience, cmd.List)
	return show(c, v, err)
}

// declared is what a sender declares about a list.
type declared struct {
	AdUserData        string    `help:"granted or denied: whether the list's people agreed that their data goes to the platform for advertising. A column of this name wins."`
	AdPersonalization string    `help:"granted or denied: whether they agreed that it decides what they are shown. A column of this name wins."`
	Source            string    `help:"customers, partners or both: where the data is from."`
	HashRules         string    `help:"By whose rules the list was hashed: plain, x, meta, google, uid2, tiktok, snap, pinterest, linkedin, liveramp, amazon or other."`
	ExpiresAt         time.Time `help:"When the members leave the audience, such as 2027-01-31T00:00:00Z; 180 days from now unless it is given, at most 540."`
	TermsVersion      int64     `help:"Version of the terms that you have read; another one than that in force is refused."`
	Label             string    `help:"What people are to be shown of the audience: proposed with the list."`
}

func (d declared) declaration() list.Declaration {
	return list.Declaration{
		Source: list.Source(d.Source), HashRules: list.HashRules(d.HashRules),
		Consents: list.Consents{AdUserData: list.Consent(d.AdUserData), AdPersonalization: list.Consent(d.AdPersonalization)},
	}
}

type listUploadCmd struct {
	remote
	Audience      selvedge.AudienceID `required:"" help:"Id of the audience."`
	DefaultRegion string              `help:"ISO 3166 country of phone numbers that carry no country code."`
	Format        string              `help:"csv, ndjson, xlsx or parquet, where the file is not to tell."`
	Encoding      string              `help:"utf-8, utf-16le, utf-16be or windows-1252, where the file is not to tell."`
	Separator     string              `help:"comma, semicolon, tab, pipe or none, where the file is not to tell."`
	Header        string              `help:"yes or no, where the first row is not to tell."`
	Column        []string            `help:"What a column holds: NUMBER:ROLE or NAME:ROLE, with email, phone, country, ad_user_data or ad_personalization. Again for each column; then no other is read."`
	declared
	DryRun bool   `help:"Keep nothing: show how the first 100 rows would be read."`
	File   string `arg:"" type:"existingfile" help:"The list: CSV, NDJSON, a workbook or Parquet, packed or not, in the clear or hashed with SHA-256."`
}

// resumeFrom is how large a file is, in bytes, that goes on where it was when the
// connection breaks.
const resumeFrom = 64 << 20

func (cmd listUploadCmd) Run(ctx context.Context, c *console) error {
	client, err := cmd.client()
	if err != nil {
		return err
	}
	o := audience.Delivery{Options: list.Options{
		DefaultRegion: cmd.DefaultRegion, Format: list.Format(cmd.Format), Encoding: list.Encoding(cmd.Encoding),
		Separator: cmd.Separator, Header: list.Presence(cmd.Header), Declaration: cmd.declaration(),
	}, ExpiresAt: cmd.ExpiresAt, Terms: cmd.TermsVersion, Label: cmd.Label}
	for _, text := range cmd.Column {
		choice, err := list.ParseChoice(text)
		if err != nil {
			return err
		}
		o.Columns = append(o.Columns, choice)
	}
	f, err := os.Open(cmd.File)
	if err != nil {
		return err
	}
	defer f.Close()
	if cmd.DryRun {
		v, err := client.PreviewList(ctx, cmd.Audience, f, o)
		return show(c, v, err)
	}
	// Read once for its digest, so that a file that arrives otherwise is refused.
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(h.Sum(nil)) + ":"
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < resumeFrom {
		v, err := client.UploadList(ctx, cmd.Audience, f, o, digest)
		return show(c, v, err)
	}
	id, err := client.SendUpload(ctx, f, info.Size())
	if err != nil {
		return err
	}
	v, err := client.TakeUpload(ctx, cmd.Audience, id, o, digest)
	return show(c, v, err)
}

type identifyCmd struct{}

func (identifyCmd) Run(c *console) error {
	if err := identifier.Identify(c.in, c.out); err != nil {
		return fmt.Errorf("identify: %w", err)
	}
	return nil
}
