//go:build !linux

package flush

import (
	"errors"
	"os"
)

// Joins says that there is no such call: each file and folder is flushed by itself.
const Joins = false

// FileSystem is errors.ErrUnsupported.
func FileSystem(*os.File) error { return errors.ErrUnsupported }
