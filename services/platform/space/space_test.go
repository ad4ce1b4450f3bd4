package space

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

func TestFreeAnswersForAnExistingFolder(t *testing.T) {
	free, err := Free(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if free == 0 {
		t.Error("the test folder's disk reports no room at all")
	}
}

func TestFreeNamesTheMissingFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nowhere")
	_, err := Free(path)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

func TestAnAbsurdCountOfBlocksReadsAsPlenty(t *testing.T) {
	for _, c := range []struct{ blocks, size, want uint64 }{
		{0, 4096, 0},
		{3, 4096, 12288},
		{1 << 63, 4096, ^uint64(0)},
	} {
		if got := product(c.blocks, c.size); got != c.want {
			t.Errorf("product(%d, %d) = %d, want %d", c.blocks, c.size, got, c.want)
		}
	}
}
