package api

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// pulse is how often a watcher is told of an upload's bytes.
const pulse = 300 * time.Millisecond

// WatchTransfer implements IntakeService.
func (s *Server) WatchTransfer(req *intakev1.WatchTransferRequest, stream grpc.ServerStreamingServer[intakev1.WatchTransferResponse]) error {
	ctx := stream.Context()
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return err
	}
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	var told *intakev1.WatchTransferResponse
	var stands *intakev1.Transfer
	_, changed := s.store.Wait()
	for again := true; ; {
		if again {
			if err := s.store.View(func(v *base.View) (err error) {
				stands, err = store.Mine(v, req.GetTransferId(), of)
				return err
			}); err != nil {
				return err
			}
		}
		if now := s.standing(stands); !proto.Equal(now, told) {
			if err := stream.Send(now); err != nil {
				return err
			}
			told = now
		}
		if told.GetState() == string(transfer.Accepted) {
			return nil
		}
		again = false
		select {
		case <-changed:
			_, changed = s.store.Wait()
			again = true
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// standing is a transfer with the upload that is under way for it: one that is checked now, or one of which
// files still come. What has come is asked of the files' own places, so that it is never ahead of the disk.
func (s *Server) standing(t *intakev1.Transfer) *intakev1.WatchTransferResponse {
	res := &intakev1.WatchTransferResponse{
		State: t.GetState(), PackageId: t.GetPackageId(), FaultCount: t.GetFaultCount(), AccessionNumber: t.GetAccessionNumber(), PackageAt: t.GetPackageAt(),
	}
	s.mu.Lock()
	so := s.busy["transfer/"+t.GetTransferId()]
	s.mu.Unlock()
	if so != nil {
		res.Uploading, res.Files, res.Bytes = true, so.files.Load(), so.bytes.Load()
	}
	if set := s.area.Set(t.GetTransferId()); set != nil {
		n := set.Totals()
		res.ComingFiles, res.ComingWhole, res.ComingBytes, res.ComingThere = uint32(n.Files), uint32(n.Whole), n.Bytes, n.There
	}
	return res
}
