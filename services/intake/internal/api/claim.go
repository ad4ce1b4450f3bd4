package api

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

var uploading = fault.Define(fault.Unavailable, "intake.upload.busy",
	"another upload for transfer {id} is under way; wait until it has ended and send again",
	"по передаче {id} уже идёт загрузка; дождитесь её окончания и отправьте снова",
	"{id} тапсыруы бойынша басқа жүктеу жүріп жатыр; оның аяқталуын күтіп, қайта жіберіңіз")

// progress is how far an upload has come.
type progress struct {
	files atomic.Uint32
	bytes atomic.Uint64
	over  chan struct{} // closed when the names are free again
}

// lockPatience is how long one upload waits for another to end: whoever was refused and sends again at once
// is here before the one that he broke off has noticed.
const lockPatience = 3 * time.Second

// lock keeps other uploads of the transfer, and of the same id, out.
func (s *Server) lock(ctx context.Context, id, packageID string) (so *progress, unlock func(), err error) {
	late := time.NewTimer(lockPatience)
	defer late.Stop()
	for {
		so, unlock, ok := s.claim("transfer/"+id, "package/"+packageID)
		if ok {
			return so, unlock, nil
		}
		select {
		case <-so.over:
		case <-late.C:
			return nil, nil, uploading.With("id", clip.Value(id))
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// claim takes names of what is worked on. Where one is taken it is false, and so is who has it.
func (s *Server) claim(names ...string) (so *progress, release func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if other := s.busy[name]; other != nil {
			return other, nil, false
		}
	}
	so = &progress{over: make(chan struct{})}
	for _, name := range names {
		s.busy[name] = so
	}
	return so, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, name := range names {
			delete(s.busy, name)
		}
		close(so.over)
	}, true
}
