package contract

import (
	"embed"
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Exchange is one request over plain HTTP and what it was answered.
type Exchange struct {
	// Name says what it shows: lower case, with hyphens. Route is that which serves it.
	Name  string `json:"-"`
	Route string `json:"route"`
	// Path has the query, too.
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"`
	// Status, AnswerHeaders and Answer are what came back.
	Status        int               `json:"status"`
	AnswerHeaders map[string]string `json:"answerHeaders,omitempty"`
	Answer        json.RawMessage   `json:"answer,omitempty"`
}

// The bridge's tests ask a bridge for all of these and compare, or write them anew with -update.
//
//go:embed examples
var exampleFiles embed.FS

// Exchanges are the examples of plain HTTP, by name.
func Exchanges() []Exchange {
	var all []Exchange
	for name, text := range exampleTexts("examples/http") {
		e := Exchange{Name: name}
		if err := json.Unmarshal(text, &e); err != nil {
			panic("contract: example " + name + ": " + err.Error()) // it is part of this program
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Exchange) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Example is the message as a structured CloudEvent; false where there is none.
func (m Message) Example() (json.RawMessage, bool) {
	text, err := exampleFiles.ReadFile("examples/messages/" + m.ID + ".json")
	return text, err == nil
}

func exampleTexts(folder string) map[string][]byte {
	all := map[string][]byte{}
	err := fs.WalkDir(exampleFiles, folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".json" {
			return err
		}
		text, err := exampleFiles.ReadFile(file)
		all[strings.TrimSuffix(path.Base(file), ".json")] = text
		return err
	})
	if err != nil {
		panic("contract: " + err.Error()) // it is part of this program
	}
	return all
}
