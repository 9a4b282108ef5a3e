package main

import (
	"os"
	"path/filepath"
)

// archive lets values fill a manifest of config/archive in.
func archive(kind, _, text string) (string, error) {
	p := &places{text: general(text, "inventory.archiveLabels")}
	if kind == "Deployment" {
		p.fill("- --database-url-file=/etc/inventory-database/url\n", "- --database-url-file=/etc/inventory-database/{{ .Values.archive.secret.key }}\n")
		p.fill("- --keep=3y\n", "- --keep={{ .Values.archive.keep }}\n")
		p.fill("- --keep-actors=90d\n", "- --keep-actors={{ .Values.archive.keepActors }}\n")
		p.fill("secretName: inventory-database\n", "secretName: {{ .Values.archive.secret.name }}\n")
		p.fill("        env:\n", `        {{- range .Values.archive.args }}
        - {{ . | quote }}
        {{- end }}
        env:
`)
		p.container(".Values.archive")
	}
	return "{{- if .Values.archive.enabled }}\n" + p.text + "{{- end }}\n", p.failed
}

// bridgeToArchive makes a template of what lets the bridge reach the database.
func bridgeToArchive(dir string) error {
	text, err := os.ReadFile("config/archive/bridge/network_policy.yaml")
	if err != nil {
		return err
	}
	filled, err := replace(labelled(inNamespace(escape(string(text)))), "- {protocol: TCP, port: 5432}", "- protocol: TCP\n          port: {{ .Values.archive.bridge.port }}")
	if err != nil {
		return err
	}
	return write(filepath.Join(dir, "networkpolicy-inventory-operator-database.yaml"),
		"{{- if and .Values.networkPolicy.enabled .Values.archive.bridge.enabled }}\n"+filled+"{{- end }}\n")
}
