package intake

import (
	"errors"
	"io"
	"net/http"
	"path"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

// stall is how long a reader may take for one piece of a download.
const stall = time.Minute

// content gives a file of the repository. intake compares its bytes with what was accepted while
// they go out; where they are not the same, the download breaks off, so that no browser keeps them
// as whole. It is never shown as a page of ours: a hostile file stays a file.
func content(w http.ResponseWriter, r *web.Request) error {
	c, err := intake(r)
	if err != nil {
		return err
	}
	a, err := c.GetAccession(r.Context(), &intakev1.GetAccessionRequest{AccessionNumber: r.PathValue("number"), Limit: 1})
	if err != nil {
		return err
	}
	stream, err := c.ReadContent(r.Context(), &intakev1.ReadContentRequest{ObjectId: a.GetAccession().GetObjectId(), Path: r.PathValue("path")})
	if err != nil {
		return err
	}
	piece, err := stream.Recv()
	if err != nil && !errors.Is(err, io.EOF) {
		return err // nothing was written yet: an error page
	}
	web.Attachment(w, path.Base(r.PathValue("path")), "application/octet-stream")
	out := http.NewResponseController(w)
	for err == nil {
		if err := out.SetWriteDeadline(time.Now().Add(stall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return nil
		}
		if _, err := w.Write(piece.GetData()); err != nil {
			return nil // the reader went away
		}
		piece, err = stream.Recv()
	}
	if !errors.Is(err, io.EOF) {
		panic(http.ErrAbortHandler) // the only way to tell a browser that the bytes are not whole
	}
	return nil
}
