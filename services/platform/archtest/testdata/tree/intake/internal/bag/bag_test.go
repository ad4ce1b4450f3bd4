package bag

import (
	_ "example.org/x/services/intake/internal/store"
	_ "pgregory.net/rapid"
	_ "testing"
)
