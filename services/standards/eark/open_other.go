//go:build !unix

package eark

// openFlags has nothing to add where links and pipes are not opened like files.
const openFlags = 0
