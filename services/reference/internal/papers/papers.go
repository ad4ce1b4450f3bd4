// Package papers keeps printed answers as files under their SHA-256, in a folder of the
// service. A file never changes once it stands there; which of them must be there the journal
// says.
package papers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Damaged says that a kept file is not the one that was printed. Who asks did nothing wrong, and
// asking again works as soon as the file is back: it is unavailable.
var Damaged = fault.Define(fault.Unavailable, "reference.paper.damaged",
	"paper {paper} cannot be given out now: its kept file is missing or is not the one that was printed; what was signed stands in the journal unchanged; let the administrator bring papers/{file} back from a backup, then ask again",
	"документ {paper} сейчас нельзя выдать: его файл утрачен или не совпадает с напечатанным; подписанное стоит в журнале без изменений; попросите администратора вернуть файл papers/{file} из резервной копии и запросите документ снова",
	"{paper} құжатын қазір беру мүмкін емес: оның файлы жоғалған немесе басып шығарылғанмен сәйкес емес; қол қойылғаны журналда өзгеріссіз тұр; әкімшіден papers/{file} файлын сақтық көшірмеден қайтаруды сұрап, құжатты қайта сұраңыз")

// Folder keeps the files.
type Folder struct{ dir string }

// Open opens or makes the folder.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	return &Folder{dir: dir}, nil
}

// Digest is the name under which bytes are kept: lower-case hexadecimal SHA-256.
func Digest(pdf []byte) string {
	sum := sha256.Sum256(pdf)
	return hex.EncodeToString(sum[:])
}

// Keep writes a file under its digest and makes it durable. Keeping it again changes nothing.
func (f *Folder) Keep(pdf []byte) (sha string, err error) {
	sha = Digest(pdf)
	tmp, err := os.CreateTemp(f.dir, ".new-*")
	if err != nil {
		return "", fmt.Errorf("papers: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already when the rename succeeded
	_, err = tmp.Write(pdf)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), f.path(sha))
	}
	if err == nil {
		err = syncDir(f.dir)
	}
	if err != nil {
		return "", fmt.Errorf("papers: %w", err)
	}
	// If we crash here the file stands and no event names it: the sweep of the next start takes
	// it away.
	return sha, nil
}

func (f *Folder) path(sha string) string { return filepath.Join(f.dir, sha+".pdf") }

// Read gives a kept file, compared with its digest. Damaged where it is another or missing.
func (f *Folder) Read(paper, sha string) ([]byte, error) {
	raw, err := os.ReadFile(f.path(sha))
	if err != nil {
		return nil, Damaged.With("paper", paper, "file", sha+".pdf").Because(err)
	}
	if Digest(raw) != sha {
		return nil, Damaged.With("paper", paper, "file", sha+".pdf")
	}
	return raw, nil
}

// Sweep takes away what nothing names: prints of dead attempts. It is for the start, before any
// paper is printed.
func (f *Folder) Sweep(named func(sha string) bool) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return fmt.Errorf("papers: %w", err)
	}
	for _, e := range entries {
		if sha, ok := strings.CutSuffix(e.Name(), ".pdf"); ok && named(sha) {
			continue
		}
		if err := os.Remove(filepath.Join(f.dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("papers: %w", err)
		}
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
