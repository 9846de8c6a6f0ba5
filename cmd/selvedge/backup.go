package main

import (
	"context"
	"fmt"

	"github.com/selvedge/selvedge/server"
)

type backupCmd struct {
	folder
	operator
	To string `arg:"" type:"path" help:"Folder to make; it must not be there."`
}

func (cmd backupCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	m, err := s.Backup(ctx, cmd.actor(), cmd.To)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%d rows, %d blobs of %d bytes; the secrets are not in it\n", m.Rows, m.Blobs, m.BlobBytes)
	return err
}

type restoreCmd struct {
	folder
	Secrets string `required:"" type:"existingdir" help:"Folder that holds the installation's secrets, which are in no backup."`
	From    string `arg:"" type:"existingdir" help:"Backup."`
}

func (cmd restoreCmd) Run(ctx context.Context, c *console) error {
	m, err := server.Restore(ctx, cmd.config(c), cmd.From, cmd.Secrets)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%d rows, %d blobs of %d bytes, as of %s\n", m.Rows, m.Blobs, m.BlobBytes, m.MadeAt.Format("2006-01-02 15:04:05 MST"))
	return err
}
