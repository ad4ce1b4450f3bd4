package accounts

// Occupy takes all places of a hasher until release.
func (h *Hasher) Occupy() (release func()) {
	for range cap(h.room) {
		h.room <- struct{}{}
	}
	return func() {
		for range cap(h.room) {
			<-h.room
		}
	}
}

// Strangers is how many unknown logins are remembered.
func (g *Guard) Strangers() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.other)
}
