{{/* The product's settings as variables; the names are those of services/settings.py. */}}

{{/* What the chart decides, then what `config` says. */}}
{{- define "holdfast.settings" -}}
{{- $full := include "holdfast.fullname" . -}}
HOLDFAST_MODE: production
HOLDFAST_DATA_DIR: /data
HOLDFAST_CHROMA__HOST: {{ $full }}-chroma
HOLDFAST_CHROMA__PORT: "8000"
HOLDFAST_ENGINE__URL: http://{{ $full }}-engine:8001/v1
HOLDFAST_FILES__ROOT: /files
HOLDFAST_RELEASE__LOCK: /release/release.toml
HOLDFAST_RELEASE__MODELS: /models
HOLDFAST_WEB__HOST: 0.0.0.0
HOLDFAST_WEB__PORT: "3000"
{{- if .Values.metrics.enabled }}
HOLDFAST_SIGHT__METRICS_HOST: 0.0.0.0
HOLDFAST_SIGHT__METRICS_PORT: {{ int .Values.metrics.port | quote }}
{{- end }}
{{- range $section := keys .Values.config | sortAlpha }}
{{- include "holdfast.setting" (list (printf "HOLDFAST_%s" (upper $section)) (get $.Values.config $section)) }}
{{- end }}
{{ include "holdfast.quiet" . }}
PYTHONUNBUFFERED: "1"
PYTHONDONTWRITEBYTECODE: "1"
HOME: /tmp
{{- end -}}

{{/* No part may report home; each reads a name of its own for it (services/settings.py, QUIET). */}}
{{- define "holdfast.quiet" -}}
ANONYMIZED_TELEMETRY: "False"
DO_NOT_TRACK: "1"
HF_HUB_OFFLINE: "1"
HF_HUB_DISABLE_TELEMETRY: "1"
TRANSFORMERS_OFFLINE: "1"
LANGSMITH_TRACING: "false"
LANGCHAIN_TRACING_V2: "false"
VLLM_NO_USAGE_STATS: "1"
TOKENIZERS_PARALLELISM: "false"
{{- end -}}

{{/* One setting, or all of a section: (list name value). Values arrive as floats, and an integer must not look like one. */}}
{{- define "holdfast.setting" -}}
{{- $name := index . 0 -}}
{{- $value := index . 1 -}}
{{- if kindIs "map" $value }}
{{- range $key := keys $value | sortAlpha }}
{{- include "holdfast.setting" (list (printf "%s__%s" $name (upper $key)) (get $value $key)) }}
{{- end }}
{{- else if kindIs "slice" $value }}
{{ $name }}: {{ $value | toJson | quote }}
{{- else if kindIs "float64" $value }}
{{ $name }}: {{ ternary ($value | int64 | toString) ($value | toString) (eq (floor $value) $value) | quote }}
{{- else if kindIs "invalid" $value }}
{{- else }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- end -}}
