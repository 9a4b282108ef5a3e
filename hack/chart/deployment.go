package main

import (
	"regexp"
)

// places are those of a manifest that values fill in.
type places struct {
	text   string
	failed error
}

// fill replaces one place.
func (p *places) fill(old, replacement string) {
	changed, err := replace(p.text, old, replacement)
	if err != nil && p.failed == nil {
		p.failed = err
	}
	p.text = changed
}

// container fills in what both Deployments have: the image, and what nodes they are for.
func (p *places) container(values string) {
	image := regexp.MustCompile(`image: inventory-operator:\S+\n`).FindString(p.text)
	p.fill(image, "image: {{ include \"inventory.image\" . | quote }}\n")
	p.fill("imagePullPolicy: IfNotPresent\n", "imagePullPolicy: {{ .Values.image.pullPolicy }}\n")
	p.fill("  replicas: 2\n", "  replicas: {{ "+values+".replicas }}\n")
	p.fill("          value: 460MiB\n", "          value: {{ "+values+".goMemLimit }}\n")
	resources := regexp.MustCompile(`        resources:\n(?: {10,}.*\n)+`).FindString(p.text)
	p.fill(resources, "        resources: {{- toYaml "+values+".resources | nindent 10 }}\n")
	p.fill("      enableServiceLinks: false\n", `      enableServiceLinks: false
      {{- with .Values.image.pullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- with .Values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations: {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
`)
}

// deployment lets values fill in what differs from cluster to cluster.
func deployment(text string) (string, error) {
	p := &places{text: text}
	p.fill("- --default-namespace=default\n", "- --default-namespace={{ .Values.defaultNamespace }}\n")
	p.fill("        env:\n", `        {{- if eq (include "inventory.metricsSecure" .) "true" }}
        - --metrics-secure
        {{- end }}
        {{- with .Values.namespaces }}
        - --namespaces={{ join "," . }}
        {{- end }}
        {{- with .Values.namespaceSelector }}
        - {{ printf "--namespace-selector=%s" . | quote }}
        {{- end }}
        {{- with .Values.sink }}
        - {{ printf "--sink=%s" . | quote }}
        {{- end }}
        {{- if .Values.archive.bridge.enabled }}
        - --archive-url-file=/etc/inventory/database/{{ .Values.archive.bridge.secret.key }}
        {{- end }}
        {{- range .Values.args }}
        - {{ . | quote }}
        {{- end }}
        env:
`)
	// As config/archive/bridge does.
	p.fill("      enableServiceLinks: false\n", `        {{- if .Values.archive.bridge.enabled }}
        volumeMounts:
        - mountPath: /etc/inventory/database
          name: database
          readOnly: true
        {{- end }}
      enableServiceLinks: false
`)
	p.text += `      {{- if .Values.archive.bridge.enabled }}
      volumes:
      - name: database
        secret:
          optional: true
          secretName: {{ .Values.archive.bridge.secret.name }}
      {{- end }}
`
	p.container(".Values")
	return p.text, p.failed
}
