package load

import (
	"context"
	"math/rand/v2"
)

// Due registers a department whose inventory falls due, and gives the transfer that the archive expects of it
// with the number of its files. Nothing is uploaded.
func (m *Memory) Due(ctx context.Context, a *Archive, seed uint64) (transfer string, files int, err error) {
	w := worker{m: m, a: a, random: rand.New(rand.NewPCG(seed, 2))}
	org, files, err := w.listed(ctx)
	if err != nil {
		return "", 0, err
	}
	transfer, err = w.due(ctx, org)
	return transfer, files, err
}
