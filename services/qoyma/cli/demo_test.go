package cli

import "testing"

// TestOwnAddress: links of the demonstration lead to where its pages listen.
func TestOwnAddress(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8099": "http://127.0.0.1:8099", "archive.example:80": "http://archive.example:80", "[::1]:8099": "http://[::1]:8099",
		":8099": "http://localhost:8099", "0.0.0.0:8099": "http://localhost:8099", "[::]:8099": "http://localhost:8099", "127.0.0.1:0": "", "nonsense": "",
	} {
		if got := ownAddress(listen); got != want {
			t.Errorf("%s: %q, want %q", listen, got, want)
		}
	}
}
