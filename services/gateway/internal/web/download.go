package web

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"
)

// Attachment sets the headers of a download: it is saved under its name and never shown as a page
// of ours, whatever it holds.
func Attachment(w http.ResponseWriter, name, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
}

// PDF gives a whole paper as a download.
func PDF(w http.ResponseWriter, name string, pdf []byte) error {
	Attachment(w, name, "application/pdf")
	w.Header().Set("Content-Length", strconv.Itoa(len(pdf)))
	_, err := w.Write(pdf)
	if err != nil {
		return nil // the reader went away
	}
	return nil
}

// ContentAddress is where a file of an accession is downloaded, by those who may.
func ContentAddress(accession, path string) string {
	return (&url.URL{Path: "/accessions/" + accession + "/content/" + path}).EscapedPath()
}

// ContentAddress is where a file of an accession is downloaded, by those who may.
func (v View) ContentAddress(accession, path string) string { return ContentAddress(accession, path) }
