package monitoring

import (
	"os"
	"testing"

	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/test/testbed"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(func() int { return testbed.Main(m) })) }
