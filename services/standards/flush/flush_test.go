package flush

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAnOpenFolderIsFlushed(t *testing.T) {
	if !Joins {
		t.Skip("there is no call for it on this system")
	}
	folder, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder.Name(), "a"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := FileSystem(folder); err != nil {
		t.Error(err)
	}
	if err := folder.Close(); err != nil {
		t.Error(err)
	}
	if FileSystem(folder) == nil {
		t.Error("a closed folder was flushed")
	}
}
