package main

import (
	"context"
	"fmt"
)

type blobsCmd struct {
	Collect blobsCollectCmd `cmd:"" help:"Delete the blobs that no row names. The server may run."`
}

type blobsCollectCmd struct {
	folder
	operator
}

func (cmd blobsCollectCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := s.Collect(ctx, cmd.actor())
	if err != nil {
		return err
	}
	held := ""
	if r.Held {
		held = "; a hold keeps what is condemned"
	}
	_, err = fmt.Fprintf(c.out, "%d found: %d kept, %d condemned, %d deleted (%d bytes), %d foreign%s\n",
		r.Found, r.Kept, r.Condemned, r.Deleted, r.DeletedBytes, r.Foreign, held)
	return err
}
