package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The Dockerfile makes the same image: it builds by the Makefile's own line, takes the other
// files from this program, and says the same of itself.
func TestDockerfileMakesTheSame(t *testing.T) {
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", "")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	for _, want := range []string{
		"RUN GOOS=linux GOARCH=$TARGETARCH make build build-plugin VERSION=$VERSION",
		"RUN GOWORK=off go run -C hack/image . --rootfs /rootfs",
		"COPY --from=build /rootfs/ /",
		"COPY --from=build /src/bin/" + strings.Join(programs, " /src/bin/") + " /",
		fmt.Sprintf("USER %d:%d", user, user),
		fmt.Sprintf("ENTRYPOINT [\"/%s\"]", entrypoint),
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("the Dockerfile lacks %s", want)
		}
	}
	last := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "FROM scratch") })
	if last < 0 {
		t.Fatal("its image stands on another")
	}
	got := map[string]string{}
	for _, line := range lines[last:] {
		if !strings.HasPrefix(line, "LABEL ") {
			continue
		}
		for _, label := range regexp.MustCompile(`([a-z.]+)="([^"]*)"`).FindAllStringSubmatch(line, -1) {
			got[label[1]] = label[2]
		}
	}
	want := labels(release{version: "$VERSION", revision: "$REVISION", source: "https://github.com/acme/inventory-service"})
	want["org.opencontainers.image.created"] = "$CREATED"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("labels (-image +Dockerfile):\n%s", diff)
	}
}
