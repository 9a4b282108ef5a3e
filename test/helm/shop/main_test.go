package shop

import (
	"os"
	"testing"

	"github.com/acme/inventory-service/test/testbed"
)

func TestMain(m *testing.M) { os.Exit(testbed.Main(m)) }
