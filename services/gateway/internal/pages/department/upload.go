package department

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

var (
	noFiles = fault.Define(fault.Invalid, "gateway.upload.empty",
		"no file was chosen; choose the scans of at least one row, a folder, or a ZIP, and send again",
		"ни один файл не выбран; выберите сканы хотя бы одной строки, папку или ZIP и отправьте снова",
		"бірде-бір файл таңдалмады; кемінде бір жолдың сканын, қалтаны немесе ZIP таңдап, қайта жіберіңіз")
	mixed = fault.Define(fault.Invalid, "gateway.upload.mixed",
		"files came in two ways at once; send them by rows, or as one folder, or as one ZIP",
		"файлы пришли сразу двумя способами; отправьте их по строкам, или одной папкой, или одним ZIP",
		"файлдар бірден екі жолмен келді; оларды жолдар бойынша, не бір қалтамен, не бір ZIP-пен жіберіңіз")
	brokenForm = fault.Define(fault.Invalid, "gateway.upload.broken",
		"the files did not arrive whole, so nothing was kept; open the page again and send them once more",
		"файлы пришли не целиком, поэтому ничего не сохранено; откройте страницу заново и отправьте их ещё раз",
		"файлдар толық келген жоқ, сондықтан ештеңе сақталмады; бетті қайта ашып, тағы бір рет жіберіңіз")
)

// uploader takes what a browser sends: one multipart form, read as it comes. Nothing of it is kept
// in memory; only a ZIP is written to disk first, because its table of contents stands at its end.
type uploader Config

// pace is how long a browser may be silent in the middle of an upload.
const pace = time.Minute

func (u uploader) upload(w http.ResponseWriter, r *web.Request) error {
	d, err := open(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	body := &paced{body: r.Body, control: http.NewResponseController(w)}
	r.Body = body
	form, err := r.MultipartReader()
	if err != nil {
		return brokenForm.With().Because(err)
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel() // an upload that is not ended with an answer leaves nothing in intake
	s := &sending{client: d.intake, ctx: ctx, id: id}
	err = u.read(form, s)
	var res *intakev1.UploadPackageResponse
	if err == nil {
		res, err = s.end()
	}
	body.hurry()
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, drained)) // so that the browser reads our answer
	if err != nil {
		return err
	}
	to := "/dept/transfers/" + url.PathEscape(id) + "/receipt"
	if !res.GetTaken() {
		to += "#findings"
	}
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
	return nil
}

// drained bounds what is read of an upload that was refused already.
const drained = 256 << 20

// read takes the parts of the form in their order: the command first, then files.
func (u uploader) read(form *multipart.Reader, s *sending) error {
	for !s.ended { // what would still come after intake's answer changes nothing
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return brokenForm.With().Because(err)
		}
		if err := u.part(part, s); err != nil {
			return err
		}
	}
	return nil
}

func (u uploader) part(part *multipart.Part, s *sending) error {
	field, name := part.FormName(), fileName(part)
	switch {
	case field == "command":
		raw, err := io.ReadAll(io.LimitReader(part, 64))
		s.command = strings.TrimSpace(string(raw))
		return err
	case name == "":
		return nil // a field without a chosen file
	case field == "package":
		if s.began() {
			return mixed.With()
		}
		return u.unzip(part, s)
	case field == "folder":
		return s.folder(name, part)
	case strings.HasPrefix(field, "row-"):
		position := number(strings.TrimPrefix(field, "row-"))
		if position == 0 || parcel.Junk(name) {
			return nil
		}
		if err := s.begin(parcel.Rows); err != nil {
			return err
		}
		return s.file(fmt.Sprintf("data/%04d/%s", position, parcel.Base(name)), -1, part)
	}
	return nil
}

// fileName is the name of a part as the browser sent it: for a folder it is a path, which
// Part.FileName would cut to its end.
func fileName(part *multipart.Part) string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	return params["filename"]
}

// sending is one package on its way to intake.
type sending struct {
	client  intakev1.IntakeServiceClient
	ctx     context.Context //nolint:containedctx // that of the one request it belongs to
	id      string
	command string

	stream intakev1.IntakeService_UploadPackageClient
	kind   parcel.Kind
	top    string // the folder whose content is sent, with its "/"
	ended  bool   // intake has answered before the end
	buffer []byte
}

func (s *sending) began() bool { return s.stream != nil }

// begin opens the stream; later calls only agree with the first.
func (s *sending) begin(kind parcel.Kind) error {
	if s.began() {
		if s.kind != kind {
			return mixed.With()
		}
		return nil
	}
	stream, err := s.client.UploadPackage(s.ctx)
	if err != nil {
		return err
	}
	s.stream, s.kind, s.buffer = stream, kind, make([]byte, 256<<10)
	return s.send(&intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Begin{
		Begin: &intakev1.UploadBegin{CommandId: s.command, TransferId: s.id, Bare: kind == parcel.Rows, Eark: kind == parcel.EARK},
	}})
}

// send hands a message on. Where intake has ended already, the rest changes nothing: its answer
// says why.
func (s *sending) send(m *intakev1.UploadPackageRequest) error {
	if s.ended {
		return nil
	}
	err := s.stream.Send(m)
	if errors.Is(err, io.EOF) {
		s.ended = true
		return nil
	}
	return err
}

// file sends one file; size is -1 where it is not known.
func (s *sending) file(path string, size int64, from io.Reader) error {
	head := &intakev1.UploadFile{Path: path, Unsized: size < 0, Size: uint64(max(size, 0))}
	if err := s.send(&intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_File{File: head}}); err != nil {
		return err
	}
	for !s.ended {
		n, err := fill(from, s.buffer)
		if n > 0 {
			if err := s.send(&intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Data{Data: s.buffer[:n]}}); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return brokenForm.With().Because(err)
		}
	}
	return nil
}

// fill reads until the buffer is full. Its error is the reader's own: io.ReadFull would give the same
// one for a short end and for a body that broke off.
func fill(from io.Reader, buffer []byte) (n int, err error) {
	for n < len(buffer) && err == nil {
		var more int
		more, err = from.Read(buffer[n:])
		n += more
	}
	return n, err
}

// end asks for intake's answer.
func (s *sending) end() (*intakev1.UploadPackageResponse, error) {
	if !s.began() {
		return nil, noFiles.With()
	}
	return s.stream.CloseAndRecv()
}

// folder takes one file of a chosen folder: of a bag, of an E-ARK package, or of folders that are called by the
// numbers of the rows. The first file tells which.
func (s *sending) folder(name string, from io.Reader) error {
	name = strings.ReplaceAll(name, `\`, "/")
	if parcel.Junk(name) {
		return nil
	}
	if !s.began() {
		top, _, _ := strings.Cut(name, "/")
		s.top = top + "/"
		if err := s.begin(parcel.KindBy(name)); err != nil {
			return err
		}
	}
	switch s.kind {
	case parcel.Bag:
		return s.file(strings.TrimPrefix(name, s.top), -1, from)
	case parcel.EARK:
		return s.file(parcel.PlacedEARK(name), -1, from)
	}
	return s.file(parcel.Placed(name), -1, from)
}

// paced gives whoever sends steadily as long as it takes, and nobody else.
type paced struct {
	body    io.ReadCloser
	control *http.ResponseController
	renewed time.Time
}

func (p *paced) Read(b []byte) (int, error) {
	if now := time.Now(); now.Sub(p.renewed) > pace/4 {
		p.renewed = now
		if err := p.deadlines(now.Add(pace)); err != nil {
			return 0, err
		}
	}
	return p.body.Read(b)
}

// hurry gives the end of the answer its time; the rest of a refused upload has as much.
func (p *paced) hurry() {
	p.renewed = time.Now().Add(time.Hour)
	_ = p.deadlines(time.Now().Add(pace)) // the answer is tried anyway
}

func (p *paced) deadlines(at time.Time) error {
	return cmp.Or(supported(p.control.SetReadDeadline(at)), supported(p.control.SetWriteDeadline(at)))
}

func (p *paced) Close() error { return p.body.Close() }

func supported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
