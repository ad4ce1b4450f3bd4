package client

import (
	"time"

	"github.com/qoyma/qoyma/services/platform/keys"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/serve"
)

// Remote is an archive whose services run elsewhere, as whoever holds the operator's keys reaches
// it: under anybody's name.
type Remote struct {
	archive string
	network *serve.Network
	issuer  *monitor.Issuer
}

// Dial makes the connections; nothing is there yet when it returns. The folder's certificates are
// shown where it has them. Errors: keys.Missing, keys.Unreadable.
func Dial(folder keys.Folder, cfg serve.NetworkConfig) (*Remote, error) {
	issuer, err := folder.Issuer(monitor.Operator, 0, time.Now)
	if err != nil {
		return nil, err
	}
	archive, err := folder.Archive()
	if err != nil {
		return nil, err
	}
	if folder.Secured() {
		cfg.TLS = folder.ClientTLS
	}
	return &Remote{archive: archive, network: serve.NewNetwork(cfg), issuer: issuer}, nil
}

// Archive is the code of the archive that the keys are for.
func (r *Remote) Archive() string { return r.archive }

// As is the network for somebody's calls.
func (r *Remote) As(id monitor.Identity) serve.Caller {
	return r.network.As(monitor.NewCredentials(r.issuer, id))
}

// Close ends the connections.
func (r *Remote) Close() error { return r.network.Close() }
