package bag

import (
	_ "crypto/sha256"
	_ "example.org/hash"
	_ "example.org/library"
	_ "example.org/x/proto/gen/intake/v1"
	_ "example.org/x/services/intake/internal/number"
	_ "example.org/x/services/intake/internal/store"
	_ "example.org/x/services/platform/fault"
	_ "example.org/x/services/platform/store"
	_ "example.org/x/services/standards/bagit"
)
