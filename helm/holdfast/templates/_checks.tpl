{{/*
What cannot work or is not safe, refused at render time with the sentence that says what to do.
The schema has refused wrong names and types before.
*/}}
{{- define "holdfast.checks" -}}
{{- include "holdfast.checkImages" . -}}
{{- include "holdfast.checkRelease" . -}}
{{- include "holdfast.checkEngine" . -}}
{{- include "holdfast.checkSecrets" . -}}
{{- include "holdfast.checkServers" . -}}
{{- include "holdfast.checkWorkers" . -}}
{{- include "holdfast.checkDoors" . -}}
{{- end -}}

{{- define "holdfast.checkImages" -}}
{{- if not (or .Values.image.registry .Values.imageRegistry) -}}
{{- fail "image.registry is empty: this project publishes no image. Build deploy/Dockerfile, push it, and name your registry in image.registry or imageRegistry" -}}
{{- end -}}
{{- if .Values.requireDigests -}}
{{- $images := dict "image" .Values.image "engine.image" .Values.engine.image -}}
{{- if .Values.redis.enabled }}{{ $_ := set $images "redis.image" .Values.redis.image }}{{ end -}}
{{- if .Values.postgres.enabled }}{{ $_ := set $images "postgres.image" .Values.postgres.image }}{{ end -}}
{{- if .Values.models.image.repository }}{{ $_ := set $images "models.image" .Values.models.image }}{{ end -}}
{{- if .Values.chroma.image.repository }}{{ $_ := set $images "chroma.image" .Values.chroma.image }}{{ end -}}
{{- range $name, $image := $images -}}
{{- if not $image.digest -}}
{{- fail (printf "%s.digest is empty and requireDigests is on: name the digest, a tag can be moved" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "holdfast.checkRelease" -}}
{{- $release := .Values.release -}}
{{- if not (or $release.lock $release.existingConfigMap) -}}
{{- fail "there is no release: pass the lock with --set-file release.lock=release.toml, or name a ConfigMap in release.existingConfigMap" -}}
{{- end -}}
{{- if and $release.lock $release.existingConfigMap -}}
{{- fail "release.lock and release.existingConfigMap are both set: which one is meant?" -}}
{{- end -}}
{{- if not (or .Values.models.existingClaim .Values.models.image.repository) -}}
{{- fail "the models come from nowhere: set models.existingClaim to a claim that holds them, or models.image.repository to an image that does" -}}
{{- end -}}
{{- if and .Values.models.existingClaim .Values.models.image.repository -}}
{{- fail "models.existingClaim and models.image.repository are both set: which one is meant?" -}}
{{- end -}}
{{- end -}}

{{- define "holdfast.checkEngine" -}}
{{- $engine := .Values.engine -}}
{{- $lock := include "holdfast.lock" . | fromJson -}}
{{- if and $lock.reranker (not (dig "package" "" (default dict $lock.reranker))) -}}
{{- fail "the lock names a reranker in the models folder, which this chart's api pods do not hold yet: pass a lock without [reranker]" -}}
{{- end -}}
{{- if $lock.engine -}}
{{- if and $engine.gpu.enabled (ne $lock.engine.device "cuda") -}}
{{- fail (printf "engine.gpu.enabled is true, but the lock was made for %q: set engine.gpu.enabled=false, or pass a lock for a GPU" $lock.engine.device) -}}
{{- end -}}
{{- if and (not $engine.gpu.enabled) (eq $lock.engine.device "cuda") -}}
{{- fail "engine.gpu.enabled is false, but the lock was made for a GPU (engine.device = \"cuda\"): pass a lock for the CPU" -}}
{{- end -}}
{{- $required := include "holdfast.required" (list . $lock) | int64 -}}
{{- if and $engine.gpu.enabled (gt (int64 $engine.gpu.memoryBytes) 0) -}}
{{- $usable := mulf (float64 $engine.gpu.memoryBytes) (float64 $lock.engine.gpu_memory_utilization) | int64 -}}
{{- if gt $required $usable -}}
{{- fail (printf "the release does not fit the GPU: it needs %d bytes, and of engine.gpu.memoryBytes=%d vLLM may use %d (gpu_memory_utilization %v in the lock). Take a smaller model, fewer bits, a shorter context, or a larger GPU" $required (int64 $engine.gpu.memoryBytes) $usable $lock.engine.gpu_memory_utilization) -}}
{{- end -}}
{{- end -}}
{{- if not $engine.gpu.enabled -}}
{{- $cache := mul (int64 $lock.engine.kv_cache_gib) 1073741824 -}}
{{- $needed := add $required $cache -}}
{{- $limit := include "holdfast.bytes" $engine.resources.limits.memory | int64 -}}
{{- if gt $needed $limit -}}
{{- fail (printf "the release does not fit the engine's memory: weights and cache need %d bytes, engine.resources.limits.memory is %s" $needed $engine.resources.limits.memory) -}}
{{- end -}}
{{- end -}}
{{- else if and .Values.release.existingConfigMap (not $engine.image.tag) (not $engine.image.digest) -}}
{{- fail "engine.image.tag is empty, and the lock lies in release.existingConfigMap where it cannot be read: name the engine version it needs" -}}
{{- end -}}
{{- if gt (int $engine.gpu.count) 1 -}}
{{- fail "engine.gpu.count is more than 1: a release is planned for one GPU in each engine; use engine.replicas for more" -}}
{{- end -}}
{{- end -}}

{{- define "holdfast.checkSecrets" -}}
{{- if not .Values.secrets.generate -}}
{{- $needed := dict "secrets.existingSecret" .Values.secrets.existingSecret "admin.existingSecret" .Values.admin.existingSecret -}}
{{- if .Values.postgres.enabled }}{{ $_ := set $needed "postgres.existingSecret" .Values.postgres.existingSecret }}{{ end -}}
{{- if .Values.redis.enabled }}{{ $_ := set $needed "redis.existingSecret" .Values.redis.existingSecret }}{{ end -}}
{{- range $name, $secret := $needed -}}
{{- if not $secret -}}
{{- fail (printf "secrets.generate is false, and %s is empty: name the secret that holds it" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "holdfast.checkServers" -}}
{{- if and (not .Values.postgres.enabled) (not .Values.database.existingSecret) -}}
{{- fail "postgres.enabled is false and database.existingSecret is empty: SQL is the truth, name the secret with its URL" -}}
{{- end -}}
{{- if and .Values.postgres.enabled .Values.database.existingSecret -}}
{{- fail "postgres.enabled is true and database.existingSecret is set: turn the chart's own PostgreSQL off to use yours" -}}
{{- end -}}
{{- if and (not .Values.redis.enabled) (not .Values.queue.existingSecret) -}}
{{- fail "redis.enabled is false and queue.existingSecret is empty: name the secret with the URL of your server" -}}
{{- end -}}
{{- if and .Values.redis.enabled .Values.queue.existingSecret -}}
{{- fail "redis.enabled is true and queue.existingSecret is set: turn the chart's own server off to use yours" -}}
{{- end -}}
{{- if .Values.networkPolicy.enabled -}}
{{- if and (not .Values.postgres.enabled) (not .Values.database.networks) -}}
{{- fail "database.networks is empty: with network policies on, nothing could reach your PostgreSQL; name its networks (10.0.0.0/8)" -}}
{{- end -}}
{{- if and (not .Values.redis.enabled) (not .Values.queue.networks) -}}
{{- fail "queue.networks is empty: with network policies on, nothing could reach your Redis; name its networks (10.0.0.0/8)" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "holdfast.checkWorkers" -}}
{{- $root := . -}}
{{- $parser := dig "ingestion" "parse_memory_bytes" 2147483648 .Values.config | int64 -}}
{{- range $name := keys .Values.workers | sortAlpha -}}
{{- $worker := include "holdfast.worker" (list $root $name) | fromJson -}}
{{- $limit := include "holdfast.bytes" $worker.resources.limits.memory | int64 -}}
{{- $each := add $parser 1073741824 -}}
{{- $needed := mul (int64 $worker.concurrency) $each -}}
{{- if gt $needed $limit -}}
{{- fail (printf "worker %q would be killed for memory: %d documents at a time may take %d bytes each (config.ingestion.parse_memory_bytes and the embedder), its limit is %s" $name (int $worker.concurrency) $each $worker.resources.limits.memory) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "holdfast.checkDoors" -}}
{{- $ingress := .Values.ingress -}}
{{- if $ingress.enabled -}}
{{- if not $ingress.host -}}
{{- fail "ingress.host is empty: name the host that people open" -}}
{{- end -}}
{{- if not $ingress.tlsSecret -}}
{{- fail "ingress.tlsSecret is empty: sign-in cookies are sent over HTTPS only, so nobody could sign in" -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.files.accessMode "ReadWriteOnce") (eq .Values.topologySpread.whenUnsatisfiable "DoNotSchedule") -}}
{{- fail "files.accessMode is ReadWriteOnce, which keeps api and workers on one node, and topologySpread.whenUnsatisfiable is DoNotSchedule, which keeps them apart: use ReadWriteMany, or ScheduleAnyway" -}}
{{- end -}}
{{- if and (eq .Values.autoscaling.kind "keda") (not .Values.autoscaling.prometheusAddress) -}}
{{- fail "autoscaling.kind is keda and autoscaling.prometheusAddress is empty: requests in flight are read from Prometheus" -}}
{{- end -}}
{{- if and (eq .Values.autoscaling.kind "keda") (not .Values.redis.enabled) (not .Values.queue.kedaAddress) -}}
{{- fail "autoscaling.kind is keda and queue.kedaAddress is empty: name host:port of your server, KEDA cannot read its URL" -}}
{{- end -}}
{{- if and (ne .Values.autoscaling.kind "none") (not .Values.metrics.enabled) -}}
{{- fail "autoscaling needs metrics: set metrics.enabled=true" -}}
{{- end -}}
{{- range $name := list "api" "worker" "engine" -}}
{{- $bounds := get $.Values.autoscaling $name -}}
{{- if gt (int $bounds.min) (int $bounds.max) -}}
{{- fail (printf "autoscaling.%s.min is %d, more than its max %d" $name (int $bounds.min) (int $bounds.max)) -}}
{{- end -}}
{{- end -}}
{{- if eq (int .Values.metrics.port) 3000 -}}
{{- fail "metrics.port is 3000, which is the api's own: metrics have a port of their own" -}}
{{- end -}}
{{- end -}}
