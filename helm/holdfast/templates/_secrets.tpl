{{/* Where secrets are, and how those of the chart's own are made once. */}}

{{- define "holdfast.keysSecret" -}}
{{- default (printf "%s-keys" (include "holdfast.fullname" .)) .Values.secrets.existingSecret -}}
{{- end -}}

{{- define "holdfast.adminSecret" -}}
{{- default (printf "%s-admin" (include "holdfast.fullname" .)) .Values.admin.existingSecret -}}
{{- end -}}

{{- define "holdfast.postgresSecret" -}}
{{- default (printf "%s-postgres" (include "holdfast.fullname" .)) .Values.postgres.existingSecret -}}
{{- end -}}

{{- define "holdfast.redisSecret" -}}
{{- default (printf "%s-redis" (include "holdfast.fullname" .)) .Values.redis.existingSecret -}}
{{- end -}}

{{- define "holdfast.databaseUrl" -}}
{{- if .Values.postgres.enabled -}}
name: {{ include "holdfast.postgresSecret" . }}
key: url
{{- else -}}
name: {{ .Values.database.existingSecret }}
key: {{ .Values.database.urlKey }}
{{- end -}}
{{- end -}}

{{- define "holdfast.queueUrl" -}}
{{- if .Values.redis.enabled -}}
name: {{ include "holdfast.redisSecret" . }}
key: url
{{- else -}}
name: {{ .Values.queue.existingSecret }}
key: {{ .Values.queue.urlKey }}
{{- end -}}
{{- end -}}

{{/* A value kept from the secret that is there already, or made now: (list root secretName key). */}}
{{- define "holdfast.kept" -}}
{{- $root := index . 0 -}}
{{- $there := lookup "v1" "Secret" $root.Release.Namespace (index . 1) | default dict -}}
{{- $kept := dig "data" (index . 2) "" $there -}}
{{- $kept | b64dec | default (randAlphaNum 48) -}}
{{- end -}}

{{/* A secret of the chart's own: (list root suffix data). It outlives the release: data depends on it. */}}
{{- define "holdfast.secret" -}}
{{- $root := index . 0 -}}
apiVersion: v1
kind: Secret
metadata:
  {{- include "holdfast.metadata" (list $root "" (index . 1)) | nindent 2 }}
  annotations:
    helm.sh/resource-policy: keep
type: Opaque
stringData:
  {{- range $key, $value := index . 2 }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
{{- end -}}
