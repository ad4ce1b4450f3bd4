package client

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// TestAFolderThatCannotBeReadSaysWhyInThePersonsLanguage: the system's own words are the cause alone.
func TestAFolderThatCannotBeReadSaysWhyInThePersonsLanguage(t *testing.T) {
	b := &Bulk{Root: filepath.Join(t.TempDir(), "нет")}
	_, err := b.look()
	f := fault.Of(err)
	ru, kk := f.In(fault.Russian), f.In(fault.Kazakh)
	if !strings.HasSuffix(ru, "не читается (такого файла или папки нет); проверьте имя и права на чтение") || strings.Contains(kk, "no such") {
		t.Errorf("%s | %s", ru, kk)
	}
	if !strings.Contains(f.Error(), fs.ErrNotExist.Error()) && !strings.Contains(f.Error(), "no such file") {
		t.Errorf("the log says %q", f.Error())
	}
}
