package intake

import (
	_ "context"
	_ "example.org/library"
	_ "example.org/x/proto/gen/intake/v1"
	_ "example.org/x/services/intake/internal/bag"
	_ "example.org/x/services/intake/internal/store"
	_ "example.org/x/services/platform/store"
	_ "example.org/x/services/qoyma"
	_ "example.org/x/services/retention"
	_ "example.org/x/services/standards/bagit"
)
