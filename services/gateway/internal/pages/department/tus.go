package department

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Resumable upload after tus 1.0.0 (tus.io/protocols/resumable-upload): the core, creation,
// creation-with-upload, termination, checksum, expiration. Nothing of it is kept here: what has come
// intake knows, so that gateway and browser may both be gone in between.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,termination,checksum,expiration"
	tusChecksums  = "sha1,sha256"
	offsetStream  = "application/offset+octet-stream"
)

// Statuses of tus that net/http does not name.
const statusChecksumMismatch = 460

// patience of a client whose upload is paused or whose archive does not answer now, in seconds.
const retryAfter = "10"

// tusStatus maps what intake says to the statuses of the protocol.
func tusStatus(f *fault.Error) int {
	switch f.Code {
	case "intake.upload.offset", "intake.upload.other", "intake.upload.form", "intake.upload.taken_over":
		return http.StatusConflict
	case "intake.upload.checksum":
		return statusChecksumMismatch
	case "intake.upload.quota.transfer", "intake.upload.quota.department", "intake.upload.too_much":
		return http.StatusRequestEntityTooLarge
	}
	return f.Kind.HTTP()
}

// tus answers a request of the protocol: with the version in every answer, and a refusal as one line of text
// in the person's language.
func tus(do func(w http.ResponseWriter, r *web.Request, d desk) error) func(http.ResponseWriter, *web.Request) error {
	return func(w http.ResponseWriter, r *web.Request) error {
		w.Header().Set("Tus-Resumable", tusVersion)
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodOptions && r.Header.Get("Tus-Resumable") != tusVersion {
			w.Header().Set("Tus-Version", tusVersion)
			say(w, r, badTus.With("problem", "Tus-Resumable: "+tusVersion), http.StatusPreconditionFailed)
			return nil
		}
		d, err := open(r)
		if err == nil {
			err = do(w, r, d)
		}
		return refuse(w, r, err)
	}
}

// refuse answers an error as text; our own mistakes go on, to be logged.
func refuse(w http.ResponseWriter, r *web.Request, err error) error {
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		return err
	}
	if f.Kind == fault.Exhausted || f.Kind == fault.Unavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	say(w, r, f, tusStatus(f))
	return nil
}

// say is one line for the person who sends.
func say(w http.ResponseWriter, r *web.Request, f *fault.Error, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Language", string(r.Lang))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, r.Sentence(f)+"\n") // whoever went away needs no answer
}

// tusOptions says what this server can (tus 1.0.0, OPTIONS).
func tusOptions(w http.ResponseWriter, r *web.Request, d desk) error {
	list, err := d.intake.ListUploads(r.Context(), &intakev1.ListUploadsRequest{TransferId: r.PathValue("id"), Limit: 1})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", tusExtensions)
	h.Set("Tus-Checksum-Algorithm", tusChecksums)
	h.Set("Tus-Max-Size", strconv.FormatUint(list.GetBytesLeft(), 10))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// tusCreate announces a file, and takes its first bytes where they come along. A file that was announced
// before is found: its address and how far it has come.
func tusCreate(w http.ResponseWriter, r *web.Request, d desk) error {
	if r.Header.Get("Upload-Defer-Length") != "" {
		return badTus.With("problem", "creation-defer-length")
	}
	size, err := counted("Upload-Length", r.Header.Get("Upload-Length"))
	if err != nil {
		return err
	}
	pairs, err := metadata(r.Header.Get("Upload-Metadata"))
	if err != nil {
		return err
	}
	a, err := placedIn(pairs)
	if err != nil {
		return err
	}
	sum, err := checksum(r.Header.Get("Upload-Checksum"))
	if err != nil {
		return err
	}
	res, err := d.intake.OpenUpload(r.Context(), &intakev1.OpenUploadRequest{
		TransferId: r.PathValue("id"), Path: a.path, Size: size, Form: a.form, Name: a.name, ModifiedMs: a.modified, Metadata: r.Header.Get("Upload-Metadata"),
	})
	if err != nil {
		return err
	}
	upload := res.GetUpload()
	w.Header().Set("Location", tusAddress(r)+"/"+url.PathEscape(upload.GetUploadId()))
	if r.Header.Get("Content-Type") == offsetStream && upload.GetOffset() == 0 && size > 0 && r.ContentLength != 0 {
		if upload, err = appendTo(w, r, d, upload.GetUploadId(), 0, sum); err != nil {
			return err
		}
	}
	standing(w, upload)
	w.WriteHeader(http.StatusCreated)
	return nil
}

func tusAddress(r *web.Request) string {
	return "/dept/transfers/" + url.PathEscape(r.PathValue("id")) + "/tus"
}

// standing says how far a file has come, and until when it waits for more.
func standing(w http.ResponseWriter, u *intakev1.Upload) {
	w.Header().Set("Upload-Offset", strconv.FormatUint(u.GetOffset(), 10))
	if u.GetOffset() == u.GetSize() {
		return
	}
	if at, err := time.Parse(time.RFC3339, u.GetExpiresAt()); err == nil {
		w.Header().Set("Upload-Expires", at.UTC().Format(http.TimeFormat))
	}
}

// tusHead tells how far a file has come.
func tusHead(w http.ResponseWriter, r *web.Request, d desk) error {
	res, err := d.intake.StatUpload(r.Context(), &intakev1.StatUploadRequest{TransferId: r.PathValue("id"), UploadId: r.PathValue("upload")})
	if err != nil {
		return err
	}
	standing(w, res.GetUpload())
	w.Header().Set("Upload-Length", strconv.FormatUint(res.GetUpload().GetSize(), 10))
	if m := res.GetUpload().GetMetadata(); m != "" {
		w.Header().Set("Upload-Metadata", m)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// tusPatch takes bytes.
func tusPatch(w http.ResponseWriter, r *web.Request, d desk) error {
	if r.Header.Get("Content-Type") != offsetStream {
		say(w, r, badTus.With("problem", "Content-Type: "+offsetStream), http.StatusUnsupportedMediaType)
		return nil
	}
	offset, err := counted("Upload-Offset", r.Header.Get("Upload-Offset"))
	if err != nil {
		return err
	}
	sum, err := checksum(r.Header.Get("Upload-Checksum"))
	if err != nil {
		return err
	}
	upload, err := appendTo(w, r, d, r.PathValue("upload"), offset, sum)
	if err != nil {
		return err
	}
	standing(w, upload)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// drainedTus bounds what is read of a piece that was refused already, so that the browser reads our answer.
const drainedTus = 64 << 20

// appendTo hands the body on as it comes.
func appendTo(w http.ResponseWriter, r *web.Request, d desk, id string, offset uint64, sum string) (*intakev1.Upload, error) {
	body := &paced{body: r.Body, control: http.NewResponseController(w)}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stream, err := d.intake.AppendUpload(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(&intakev1.AppendUploadRequest{Part: &intakev1.AppendUploadRequest_Begin{Begin: &intakev1.AppendBegin{
		TransferId: r.PathValue("id"), UploadId: id, Offset: offset, Checksum: sum,
	}}})
	buffer := make([]byte, 256<<10)
	var broken error
	for err == nil && broken == nil {
		var n int
		if n, broken = fill(body, buffer); n > 0 {
			err = stream.Send(&intakev1.AppendUploadRequest{Part: &intakev1.AppendUploadRequest_Data{Data: buffer[:n]}})
		}
	}
	if broken != nil && !errors.Is(broken, io.EOF) && sum != "" {
		return nil, brokenForm.With().Because(broken) // half a piece has no checksum: intake drops it
	}
	// A piece that broke off without one ends here too: what came is kept.
	res, err := stream.CloseAndRecv()
	body.hurry()
	if err != nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(body, drainedTus)) // so that the browser reads our answer
	}
	return res.GetUpload(), err
}

// tusDelete forgets a file.
func tusDelete(w http.ResponseWriter, r *web.Request, d desk) error {
	if _, err := d.intake.DiscardUpload(r.Context(), &intakev1.DiscardUploadRequest{TransferId: r.PathValue("id"), UploadId: r.PathValue("upload")}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// tusOverride is what clients send that know GET and POST alone (tus 1.0.0, X-HTTP-Method-Override). It
// is heard in a POST only: the site looks where a POST comes from.
func tusOverride(w http.ResponseWriter, r *web.Request, d desk) error {
	do, known := map[string]func(http.ResponseWriter, *web.Request, desk) error{
		http.MethodPatch: tusPatch, http.MethodDelete: tusDelete, http.MethodHead: tusHead,
	}[strings.ToUpper(r.Header.Get("X-Http-Method-Override"))]
	if !known {
		w.Header().Set("Allow", "HEAD, PATCH, DELETE")
		say(w, r, badTus.With("problem", "X-HTTP-Method-Override"), http.StatusMethodNotAllowed)
		return nil
	}
	return do(w, r, d)
}

// uploadJSON is a file as our script reads it.
type uploadJSON struct {
	URL      string `json:"url"`
	Name     string `json:"name"`
	Path     string `json:"path"`
	Size     uint64 `json:"size"`
	Offset   uint64 `json:"offset"`
	Modified int64  `json:"modified"`
}

// tusList tells our script what of a transfer has come, a page after a path at a time: whoever picks the
// same folder again sends only what is missing.
func tusList(w http.ResponseWriter, r *web.Request) error {
	d, err := open(r)
	if err != nil {
		return err
	}
	list, err := d.intake.ListUploads(r.Context(), &intakev1.ListUploadsRequest{TransferId: r.PathValue("id"), After: r.URL.Query().Get("after")})
	if err != nil {
		return refuse(w, r, err)
	}
	uploads := make([]uploadJSON, 0, len(list.GetUploads()))
	for _, u := range list.GetUploads() {
		uploads = append(uploads, uploadJSON{
			URL: tusAddress(r) + "/" + url.PathEscape(u.GetUploadId()), Name: u.GetName(), Path: u.GetPath(), Size: u.GetSize(), Offset: u.GetOffset(), Modified: u.GetModifiedMs(),
		})
	}
	return answerJSON(w, map[string]any{
		"package": list.GetPackageId(), "form": list.GetForm(), "uploads": uploads, "more": list.GetMore(), "files": list.GetFiles(), "whole": list.GetWholeFiles(),
		"bytes": list.GetBytes(), "there": list.GetBytesThere(), "left": list.GetBytesLeft(), "filesLeft": list.GetFilesLeft(), "expires": list.GetExpiresAt(),
		"refused": list.GetRefusedPackage(),
	})
}

func answerJSON(w http.ResponseWriter, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(raw) // whoever went away asks again
	return nil
}

// tusFinish lets intake judge the package, and says where its outcome is shown.
func tusFinish(w http.ResponseWriter, r *web.Request) error {
	d, err := open(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("package") == "" {
		return refuse(w, r, noFiles.With())
	}
	if err := supported(http.NewResponseController(w).SetWriteDeadline(time.Now().Add(finishing))); err != nil {
		return err
	}
	stream, err := d.intake.FinishPackage(r.Context(), &intakev1.FinishPackageRequest{CommandId: r.URL.Query().Get("package"), TransferId: r.PathValue("id")})
	if err != nil {
		return refuse(w, r, err)
	}
	res, err := stream.Recv()
	if err != nil {
		return refuse(w, r, err)
	}
	to := "/dept/transfers/" + url.PathEscape(r.PathValue("id")) + "/receipt"
	if !res.GetOutcome().GetTaken() {
		to += "#findings"
	}
	return answerJSON(w, map[string]any{"to": to})
}

// finishing is how long one answer about a package is waited for; the script asks again.
const finishing = 10 * time.Minute
