//go:build !unix

package bagit

// openFlags has nothing to add where links and pipes are not opened like files.
const openFlags = 0

// flushDir has nothing to do where a directory cannot be flushed.
func flushDir(string) error { return nil }
