package api

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/upload"
)

// The protocol for uploads that go on where they were cut off is tus 1.0.0, with its
// extensions creation, termination and expiration. Its clients read the headers;
// the JSON says the same to whoever asks by hand.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,termination,expiration"
	offsetType    = "application/offset+octet-stream"
)

// Upload is a file on its way.
type Upload struct {
	ID        upload.ID `json:"id"`
	Length    int64     `json:"length" doc:"that was announced, in bytes"`
	Offset    int64     `json:"offset" doc:"how many bytes are there: the next one to send has this place"`
	ExpiresAt time.Time `json:"expires_at" doc:"when it is deleted, unless it was used before"`
}

func uploadOf(v upload.Upload) Upload { return Upload{v.ID, v.Length, v.Offset, v.ExpiresAt} }

func (d *door) uploadOperations() []operation {
	org := []selvedge.Role{selvedge.OrgRole}
	return []operation{
		{
			id: "createUpload", route: "POST /v1/uploads", roles: org, scope: selvedge.WriteAudiences, handle: d.createUpload, answer: answers(uploadOf),
			summary: "Begin an upload that can be resumed",
			about: "The protocol is tus 1.0.0 with creation, termination and expiration. What has arrived stays encrypted for a day; " +
				"a list is made of it by uploadList with its id. Metadata is not kept.",
			params: []param{header("Upload-Length", "how many bytes the file has, at most 10 GiB"), tusParam()},
			status: http.StatusCreated, out: Upload{}, resumes: true, headers: created,
			problems: []selvedge.Code{selvedge.CodeInvalid, selvedge.CodeTooLarge, selvedge.CodeConflict},
		},
		{
			id: "getUpload", route: "GET /v1/uploads/{upload}", roles: org, scope: selvedge.WriteAudiences, handle: d.getUpload,
			summary: "Show where an upload is", about: "HEAD answers the same, in headers.",
			params: []param{tusParam()}, status: http.StatusOK, out: Upload{}, resumes: true, headers: stands,
			problems: []selvedge.Code{selvedge.CodeNotFound},
		},
		{
			id: "appendUpload", route: "PATCH /v1/uploads/{upload}", roles: org, scope: selvedge.WriteAudiences, handle: d.appendUpload,
			summary: "Send the next bytes of an upload", about: "Whatever has arrived when the connection ends is kept.",
			params: []param{header("Upload-Offset", "the place of the first byte that is sent, from 0: where the upload is"), tusParam()},
			file:   offsetType, status: http.StatusNoContent, resumes: true, headers: stands,
			problems: []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeConflict},
		},
		{
			id: "deleteUpload", route: "DELETE /v1/uploads/{upload}", roles: org, scope: selvedge.WriteAudiences, handle: d.deleteUpload,
			summary: "Delete an upload", params: []param{tusParam()}, status: http.StatusNoContent, resumes: true,
			problems: []selvedge.Code{selvedge.CodeNotFound},
		},
	}
}

func tusParam() param {
	return header("Tus-Resumable", tusVersion+", as clients of the protocol send it")
}

func (d *door) createUpload(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	length, err := place(r.Header, "Upload-Length")
	if err != nil {
		return nil, err
	}
	v, err := d.Uploads.Create(ctx, actor, length)
	return uploadOf(v), err
}

func (d *door) getUpload(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	v, err := d.Uploads.Look(ctx, actor, upload.ID(r.PathValue("upload")))
	return uploadOf(v), err
}

func (d *door) appendUpload(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	// What arrived before the connection ended is to be kept.
	ctx = context.WithoutCancel(ctx)
	id := upload.ID(r.PathValue("upload"))
	if _, err := d.Uploads.Look(ctx, actor, id); err != nil {
		return nil, err
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != offsetType {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "send the bytes as %s", offsetType).At("Content-Type").Because("not_offset")
	}
	offset, err := place(r.Header, "Upload-Offset")
	if err != nil {
		return nil, err
	}
	v, err := d.Uploads.Append(ctx, actor, id, offset, r.Body)
	return uploadOf(v), err
}

func (d *door) deleteUpload(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	return nil, d.Uploads.Delete(ctx, actor, upload.ID(r.PathValue("upload")))
}

// place reads a header that is a number of bytes: digits, and nothing else, once.
func place(h http.Header, name string) (int64, error) {
	bad := selvedge.Errorf(selvedge.CodeInvalid, "must be a number of bytes, in digits").At(name).Because("bad_number")
	texts := h.Values(name)
	if len(texts) != 1 {
		return 0, bad
	}
	n, err := strconv.ParseUint(texts[0], 10, 63)
	if err != nil {
		return 0, bad
	}
	return int64(n), nil
}

// noBody refuses a body where an upload stands in its place.
func noBody(r *http.Request) error {
	var one [1]byte
	n, err := io.ReadFull(r.Body, one[:])
	if n > 0 || err != io.EOF {
		return selvedge.Errorf(selvedge.CodeInvalid, "send a body or name an upload, not both").At("upload").Because("body_and_upload")
	}
	return nil
}

// spoken returns a CodePrecondition error for a client of another version of the
// protocol. One that names none is somebody who writes requests by hand.
func spoken(h http.Header) error {
	for _, v := range h.Values("Tus-Resumable") {
		if v != tusVersion {
			return selvedge.Errorf(selvedge.CodePrecondition, "version %s of the protocol is spoken here", tusVersion).At("Tus-Resumable")
		}
	}
	return nil
}

// speaks says which version of the protocol an answer is of.
func speaks(h http.Header) {
	h.Set("Tus-Resumable", tusVersion)
	h.Set("Tus-Version", tusVersion)
}

// options says what of the protocol is spoken. It is the same for everybody.
func options(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	speaks(h)
	h.Set("Tus-Extension", tusExtensions)
	h.Set("Tus-Max-Size", strconv.FormatInt(upload.MaxLength, 10))
	w.WriteHeader(http.StatusNoContent)
}

// stands says in headers where an upload is.
func stands(h http.Header, answer []byte) {
	var u Upload
	if json.Unmarshal(answer, &u) != nil {
		return // it was encoded a moment ago
	}
	h.Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	h.Set("Upload-Length", strconv.FormatInt(u.Length, 10))
	h.Set("Upload-Expires", u.ExpiresAt.UTC().Format(http.TimeFormat))
}

// created says in headers where a new upload is.
func created(h http.Header, answer []byte) {
	stands(h, answer)
	var u Upload
	_ = json.Unmarshal(answer, &u)
	h.Set("Location", "/v1/uploads/"+string(u.ID))
}

// describeResumes adds to a description the headers that clients of the protocol
// read.
func describeResumes(h map[string]*huma.Param) {
	for name, about := range map[string]string{
		"Tus-Resumable": "the protocol's version", "Upload-Offset": "how many bytes are there", "Upload-Length": "how many there will be",
		"Upload-Expires": "when the upload is deleted", "Location": "of a new upload",
	} {
		h[name] = &huma.Param{Schema: &huma.Schema{Type: huma.TypeString}, Description: about}
	}
}
