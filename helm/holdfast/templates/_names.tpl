{{/* Names and labels. */}}

{{- define "holdfast.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 42 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- $full | trunc 42 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The labels that select: (list root component). */}}
{{- define "holdfast.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride | trunc 63 }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- with index . 1 }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* All labels of an object: (list root component). */}}
{{- define "holdfast.labels" -}}
{{- $root := index . 0 -}}
{{ include "holdfast.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name ($root.Chart.Version | replace "+" "_") }}
{{- with $root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* name, namespace and labels of an object: (list root component suffix). */}}
{{- define "holdfast.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "holdfast.fullname" $root }}{{ with index . 2 }}-{{ . }}{{ end }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "holdfast.labels" (list $root (index . 1)) | nindent 2 }}
{{- end -}}

{{/* The product's own image, or that of a part which may use it: (list root image). */}}
{{- define "holdfast.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $registry := default $image.registry $root.Values.imageRegistry -}}
{{- $name := printf "%s/%s" $registry $image.repository -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default $root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "holdfast.productImage" -}}
{{- include "holdfast.image" (list . .Values.image) -}}
{{- end -}}

{{/* image and imagePullPolicy of a container: (list root image). */}}
{{- define "holdfast.pulled" -}}
image: {{ include "holdfast.image" . }}
imagePullPolicy: {{ (index . 0).Values.imagePullPolicy }}
{{- end -}}

{{/* Upstream's engine image; its tag is the lock's engine version unless one is named. */}}
{{- define "holdfast.engineImage" -}}
{{- $image := deepCopy .Values.engine.image -}}
{{- $lock := include "holdfast.lock" . | fromJson -}}
{{- if and (not $image.tag) $lock.engine -}}
{{- $_ := set $image "tag" (printf "v%s" $lock.engine.version) -}}
{{- end -}}
{{- $image | toJson -}}
{{- end -}}

{{- define "holdfast.chromaImage" -}}
{{- ternary .Values.chroma.image .Values.image (ne .Values.chroma.image.repository "") | toJson -}}
{{- end -}}
