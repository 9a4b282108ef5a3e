{{- define "inventory.labels" -}}
app.kubernetes.io/name: inventory-operator
{{ include "inventory.releaseLabels" . }}
{{- end }}

{{- define "inventory.archiveLabels" -}}
app.kubernetes.io/name: inventory-archive
{{ include "inventory.releaseLabels" . }}
{{- end }}

{{- define "inventory.releaseLabels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: inventory-service
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "inventory.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "inventory.metricsSecure" -}}
{{ or .Values.metrics.secure .Values.prometheus.enabled }}
{{- end }}
