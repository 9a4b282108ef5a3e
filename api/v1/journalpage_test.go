package v1_test

import (
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
)

func FuzzJournalPage(f *testing.F) {
	for _, seed := range []string{
		`{"page":0,"first":0,"records":0,"bytes":0,"written":"2030-01-01T00:00:00Z","leader":"","emptied":false,"header":"","data":"","token":"","over":""}`,
		`{"page":7,"first":3,"records":1,"bytes":9,"written":"2030-01-01T00:00:00.000001Z","leader":"b","emptied":true,"header":"{}","data":"AA==","token":"b/2","over":"a/1","more":{"a":[1]}}`,
		`{"page":-1,"first":0,"records":1e400,"bytes":9223372036854775808,"written":"now","leader":null,"emptied":0,"header":{},"data":"-","token":"t"}`,
	} {
		f.Add([]byte(seed))
	}
	fuzzKind(f, "journalpages", func() *v1.JournalPage { return &v1.JournalPage{} })
}
