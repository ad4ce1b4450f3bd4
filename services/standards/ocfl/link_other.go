//go:build !unix

package ocfl

// cannotLink answers yes: where links are uncertain, a copy is always right.
func cannotLink(error) bool { return true }
