package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNotFound says that this machine has no PostgreSQL server.
var ErrNotFound = errors.New("no PostgreSQL server here: run hack/postgres.sh, which needs npm, or apt-get install postgresql, " +
	"or let " + binariesVariable + " name the directory of initdb and postgres")

// binariesVariable names the environment variable that says which server to run.
const binariesVariable = "POSTGRES_BIN"

// debianBinaries is where Debian's packages have them.
const debianBinaries = "/usr/lib/postgresql/*/bin"

// Installation is the binaries of one PostgreSQL server.
type Installation struct {
	// Dir holds initdb and postgres.
	Dir string
	// Major and Minor are its version, such as 16 and 14.
	Major, Minor int
}

// String is such as "PostgreSQL 16.14".
func (i Installation) String() string { return fmt.Sprintf("PostgreSQL %d.%d", i.Major, i.Minor) }

func (i Installation) program(name string) string { return filepath.Join(i.Dir, name) }

// Installations returns the servers that this machine has, the newest first and each major
// version once: Debian's, what hack/postgres.sh has put into bin/postgres of the module that
// holds the working directory, and the one on the PATH; or only that in the directory that the
// variable POSTGRES_BIN names. It fails with ErrNotFound where there is none.
func Installations() ([]Installation, error) {
	if dir := os.Getenv(binariesVariable); dir != "" {
		found, err := inspect(dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", binariesVariable, err)
		}
		return []Installation{found}, nil
	}
	dirs, _ := filepath.Glob(debianBinaries)
	if root, err := moduleRoot(); err == nil {
		built, _ := filepath.Glob(filepath.Join(root, "bin", "postgres", "*", "bin"))
		dirs = append(dirs, built...)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	var all []Installation
	for _, dir := range dirs {
		if found, err := inspect(dir); err == nil {
			all = append(all, found)
		}
	}
	slices.SortStableFunc(all, func(a, b Installation) int {
		return cmp.Or(cmp.Compare(b.Major, a.Major), cmp.Compare(b.Minor, a.Minor))
	})
	all = slices.CompactFunc(all, func(a, b Installation) bool { return a.Major == b.Major })
	if len(all) == 0 {
		return nil, ErrNotFound
	}
	return all, nil
}

// inspect asks the binaries in a directory for their version.
func inspect(dir string) (Installation, error) {
	found := Installation{Dir: dir}
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(found.program(name)); err != nil {
			return found, err
		}
	}
	out, err := exec.Command(found.program("postgres"), "--version").Output()
	if err != nil {
		return found, fmt.Errorf("%s --version: %w", found.program("postgres"), err)
	}
	found.Major, found.Minor, err = parseVersion(string(out))
	return found, err
}

// parseVersion reads a line such as "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
func parseVersion(line string) (major, minor int, err error) {
	words := strings.Fields(line)
	if len(words) < 3 || words[1] != "(PostgreSQL)" {
		return 0, 0, fmt.Errorf("no version of PostgreSQL: %q", line)
	}
	first, second, _ := strings.Cut(words[2], ".")
	if major, err = strconv.Atoi(first); err != nil {
		return 0, 0, fmt.Errorf("no version of PostgreSQL: %q", line)
	}
	minor, _ = strconv.Atoi(second) // a beta has none
	return major, minor, nil
}

// moduleRoot is the nearest directory from the working directory up that has a go.mod of this
// service: modules of tests lie in it.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "hack", "postgres.sh")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", os.ErrNotExist
		}
	}
}
