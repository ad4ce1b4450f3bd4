//go:build !unix

package hostile

// special makes what is no file, which this system does not have.
func special(string, Kind) error { return ErrHost }
