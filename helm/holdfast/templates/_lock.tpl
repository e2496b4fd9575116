{{/* The lock and what it asks of the machine. */}}

{{/* The lock as JSON, {} where it lies in a ConfigMap of the user's own. */}}
{{- define "holdfast.lock" -}}
{{- if .Values.release.lock -}}
{{- $lock := fromToml .Values.release.lock -}}
{{- if hasKey $lock "Error" -}}
{{- fail (printf "release.lock is no TOML: %s" $lock.Error) -}}
{{- end -}}
{{- range $part := list "generator" "engine" "embedder" -}}
{{- if not (hasKey $lock $part) -}}
{{- fail (printf "release.lock is no lock: it has no [%s]. Pass the whole file: --set-file release.lock=release.toml" $part) -}}
{{- end -}}
{{- end -}}
{{- $lock | toJson -}}
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{- define "holdfast.lockConfigMap" -}}
{{- default (printf "%s-lock" (include "holdfast.fullname" .)) .Values.release.existingConfigMap -}}
{{- end -}}

{{/* A Kubernetes quantity in bytes. */}}
{{- define "holdfast.bytes" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^[0-9.]+" $text | float64 -}}
{{- $unit := regexFind "[A-Za-z]+$" $text -}}
{{- $factors := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- mulf $number (get $factors $unit) | int64 -}}
{{- end -}}

{{/* Bytes of the weights that the lock names: the least that any plan can need. */}}
{{- define "holdfast.weights" -}}
{{- $sum := 0 -}}
{{- range $name, $file := .generator.files -}}
{{- if hasSuffix ".safetensors" $name -}}
{{- $sum = add $sum (int64 $file.size) -}}
{{- end -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{/*
Bytes that the release needs at least: what was planned, or its weights and what vLLM takes besides
(services/engine/memory.py: CUDA_CONTEXT, CUDA_GRAPHS; one context of keys and values is in the plan alone).
*/}}
{{- define "holdfast.required" -}}
{{- $root := index . 0 -}}
{{- $lock := index . 1 -}}
{{- $least := include "holdfast.weights" $lock | int64 -}}
{{- if eq $lock.engine.device "cuda" -}}
{{- $least = add $least 644245094 -}}
{{- if not $lock.engine.eager }}{{ $least = add $least 536870912 }}{{ end -}}
{{- end -}}
{{- max (int64 $root.Values.engine.memory.requiredBytes) $least -}}
{{- end -}}
