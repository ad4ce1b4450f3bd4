package flat_test

import (
	"runtime"
	"testing"

	"github.com/qoyma/qoyma/services/standards/spool/flat"
)

func TestMostSeesWhatIsHeldAndNotWhatIsLeft(t *testing.T) {
	held := flat.Most(func() {
		all := make([][]byte, 0, 32)
		for range 32 {
			all = append(all, make([]byte, 1<<20))
		}
		for range 200 { // the measuring side looks between them
			runtime.GC()
		}
		runtime.KeepAlive(all)
	})
	left := flat.Most(func() {
		for range 320 {
			_ = append([]byte(nil), make([]byte, 1<<20)...)
		}
		runtime.GC()
	})
	if held < 31<<20 || left > 24<<20 {
		t.Errorf("%d MiB held, %d MiB left", held>>20, left>>20)
	}
}
