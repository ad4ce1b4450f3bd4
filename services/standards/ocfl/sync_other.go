//go:build !linux

package ocfl

import (
	"errors"
	"os"
)

// syncsAll says that there is no call for it: each file and directory is flushed by itself.
const syncsAll = false

func syncAll(*os.File) error { return errors.ErrUnsupported }
