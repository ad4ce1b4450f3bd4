package main

import (
	_ "example.org/x/services/intake"
	_ "example.org/x/services/platform/store"
	_ "example.org/x/services/retention"
)
