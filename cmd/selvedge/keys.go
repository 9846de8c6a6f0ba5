package main

import (
	"cmp"
	"context"
	"fmt"
	"text/tabwriter"
	"time"
)

type keyCmd struct {
	Platform keyPlatformCmd `cmd:"" help:"Issue a key for the platform's own systems."`
	Operator keyOperatorCmd `cmd:"" help:"Issue a key for a member of staff."`
	List     keyListCmd     `cmd:"" help:"List the keys, without their secret parts."`
	Revoke   keyRevokeCmd   `cmd:"" help:"Take a key back."`
}

type keyPlatformCmd struct {
	folder
	operator
	Name string `required:"" help:"What the key is for."`
}

func (cmd keyPlatformCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	key, err := s.Orgs.IssuePlatformKey(ctx, cmd.actor(), cmd.Name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "platform key (shown once): %s\n", key)
	return err
}

type keyOperatorCmd struct {
	folder
	operator
	Name string `required:"" help:"Whose key it is. All keys of one name are one operator's."`
}

func (cmd keyOperatorCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	key, err := s.Orgs.IssueOperatorKey(ctx, cmd.actor(), cmd.Name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "operator key (shown once): %s\n", key)
	return err
}

type keyListCmd struct {
	folder
	operator
}

func (cmd keyListCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	keys, err := s.Orgs.Keys(ctx, cmd.actor())
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, k := range keys {
		end := "until " + k.ExpiresAt.Format(time.DateOnly)
		if !k.RevokedAt.IsZero() {
			end = "revoked " + k.RevokedAt.Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.Public, k.Role, end, cmp.Or(string(k.Org), k.Name))
	}
	return w.Flush()
}

type keyRevokeCmd struct {
	folder
	operator
	Public string `arg:"" help:"Public part of the key, as key list shows it."`
}

func (cmd keyRevokeCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Orgs.RevokeKey(ctx, cmd.actor(), cmd.Public); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, "the key is revoked")
	return err
}
