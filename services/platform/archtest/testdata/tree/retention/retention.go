package retention

import (
	_ "example.org/x/services/platform/store"
	_ "example.org/x/services/qoyma"
)
