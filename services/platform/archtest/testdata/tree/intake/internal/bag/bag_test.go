package bag

import (
	_ "testing"
	_ "example.org/x/services/intake/internal/store"
	_ "pgregory.net/rapid"
)
